import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { FormGroup } from "@patternfly/react-core/dist/esm/components/Form";
import { type ReactNode, useId, useState } from "react";

import { useZone } from "../../time/ZoneProvider";
import { formatMoment, fromField, toField, zoneName } from "../../time/zone";
import { FieldNote } from "../../ui/FieldNote";
import { parseDuration, writeDuration } from "./duration";

interface MomentGiven {
  label: string;
  value: number | null;
  onChange: (at: number | null) => void;
  isOptional?: boolean;
  isDisabled?: boolean;
  error?: string;
  children?: ReactNode;
}

/** A date and time in the chosen zone, which is named beside it. */
export function MomentInput(given: MomentGiven) {
  const { label, value, onChange, isOptional = false, error } = given;
  const { zone } = useZone();
  const id = useId();
  // A field that is not filled in to its end reads as empty: it stays so until it is left.
  const [isEmpty, setEmpty] = useState(false);
  const typed = (text: string) => {
    const at = fromField(text, zone);
    setEmpty(at === null);
    if (at !== null || isOptional) onChange(at);
  };
  const where = value === null ? zone : zoneName(value, zone);
  return (
    <FormGroup label={label} labelInfo={where} fieldId={id} isRequired={!isOptional}>
      <TextInput
        id={id}
        type="datetime-local"
        isDisabled={given.isDisabled}
        value={value === null || isEmpty ? "" : toField(value, zone)}
        validated={error === undefined ? "default" : "error"}
        aria-describedby={`${id}-note`}
        onChange={(_, text) => typed(text)}
        onBlur={() => setEmpty(false)}
      />
      <FieldNote id={`${id}-note`} error={error}>
        {given.children ?? (value === null ? undefined : formatMoment(value, zone))}
      </FieldNote>
    </FormGroup>
  );
}

interface DurationGiven {
  value: number;
  onChange: (ms: number) => void;
  error?: string;
}

/** A length of time in words such as `2 d 3 h`. */
export function DurationInput({ value, onChange, error }: DurationGiven) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const isBad = typed !== null && parseDuration(typed) === null;
  const wrong = isBad ? "Not understood; such as 2 d 3 h, 90 min or 1:30." : error;
  const change = (text: string) => {
    setTyped(text);
    const ms = parseDuration(text);
    if (ms !== null) onChange(ms);
  };
  return (
    <FormGroup label="Duration" fieldId={id} isRequired>
      <TextInput
        id={id}
        value={typed ?? writeDuration(value)}
        validated={wrong === undefined ? "default" : "error"}
        aria-describedby={`${id}-note`}
        onChange={(_, text) => change(text)}
        onBlur={() => !isBad && setTyped(null)}
      />
      <FieldNote id={`${id}-note`} error={wrong}>
        Such as 2 d 3 h, 90 min or 1:30
      </FieldNote>
    </FormGroup>
  );
}

interface CountGiven {
  label: string;
  value: number;
  min: number;
  max: number;
  onChange: (count: number) => void;
  isDisabled?: boolean;
  error?: string;
  children?: ReactNode;
}

/** A whole number. */
export function CountInput(given: CountGiven) {
  const { label, value, min, max, onChange, error } = given;
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const change = (text: string) => {
    setTyped(text);
    if (/^\d+$/.test(text)) onChange(Number(text));
  };
  return (
    <FormGroup label={label} fieldId={id} isRequired={min > 0}>
      <TextInput
        id={id}
        type="number"
        min={min}
        max={max}
        step={1}
        isDisabled={given.isDisabled}
        value={typed ?? value}
        validated={error === undefined ? "default" : "error"}
        aria-describedby={`${id}-note`}
        onChange={(_, text) => change(text)}
        onBlur={() => setTyped(null)}
      />
      <FieldNote id={`${id}-note`} error={error}>
        {given.children}
      </FieldNote>
    </FormGroup>
  );
}
