import "./terms.css";

import { Checkbox } from "@patternfly/react-core/dist/esm/components/Checkbox";
import { ExpandableSection } from "@patternfly/react-core/dist/esm/components/ExpandableSection";
import { FormGroup } from "@patternfly/react-core/dist/esm/components/Form";
import {
  FormSelect,
  FormSelectOption,
} from "@patternfly/react-core/dist/esm/components/FormSelect";
import { useId, useState } from "react";

import type { InstanceType, Template } from "../../api/types";
import type { FieldErrors } from "../../ui/fieldErrors";
import { FieldNote } from "../../ui/FieldNote";
import { TextField } from "../../ui/TextField";
import { SizeChoice } from "./SizeChoice";
import type { Fields } from "./fields";
import { CountInput, DurationInput, MomentInput } from "./inputs";

/** The names of the API that the form shows errors beside. */
export const SHOWN = [
  "type",
  "template",
  "numInstancesFixed",
  "numInstancesOption",
  "startTime",
  "duration",
  "price",
  "earliestStart",
  "latestEnd",
];

export interface Catalogue {
  types: InstanceType[];
  templates: Template[];
  instancesMax: number;
}

interface Given {
  fields: Fields;
  onChange: (patch: Partial<Fields>) => void;
  errors: FieldErrors["fields"];
  catalogue: Catalogue;
}

/** Everything that can be asked for: what, when, how far one would move, for how much. */
export function TermsForm({ fields, onChange, errors, catalogue }: Given) {
  const { types, templates, instancesMax } = catalogue;
  const templateId = useId();
  return (
    <div className="opx-terms">
      <SizeChoice
        types={types}
        value={fields.type}
        onChange={(type) => onChange({ type })}
        error={errors.type}
      />
      <div className="opx-fields">
        <FormGroup label="Template" fieldId={templateId} isRequired>
          <FormSelect
            id={templateId}
            value={fields.template}
            onChange={(_, template) => onChange({ template })}
          >
            {templates.map(({ name }) => (
              <FormSelectOption key={name} value={name} label={name} />
            ))}
          </FormSelect>
          <FieldNote id={`${templateId}-note`} error={errors.template} />
        </FormGroup>
        <CountInput
          label="Instances"
          value={fields.fixed}
          min={1}
          max={instancesMax}
          onChange={(fixed) => onChange({ fixed })}
          error={errors.numInstancesFixed}
        />
        <CountInput
          label="Optional instances"
          value={fields.option}
          min={0}
          max={instancesMax}
          onChange={(option) => onChange({ option })}
          error={errors.numInstancesOption}
        >
          More to be claimed until the start, if there is room
        </CountInput>
      </div>
      <WindowFields fields={fields} onChange={onChange} errors={errors} />
      <MoreFields fields={fields} onChange={onChange} errors={errors} />
    </div>
  );
}

type PartGiven = Omit<Given, "catalogue">;

function WindowFields({ fields, onChange, errors }: PartGiven) {
  const end = fields.start + fields.duration;
  const backwards = fields.duration <= 0 ? "The end has to be after the start." : undefined;
  return (
    <div className="opx-fields">
      <MomentInput
        label="Start"
        value={fields.start}
        onChange={(start) => start !== null && onChange({ start })}
        error={errors.startTime}
      />
      <MomentInput
        label="End"
        value={end}
        onChange={(end) => end !== null && onChange({ duration: end - fields.start })}
        error={backwards}
      />
      <DurationInput
        value={fields.duration}
        onChange={(duration) => onChange({ duration })}
        error={errors.duration}
      />
    </div>
  );
}

function MoreFields({ fields, onChange, errors }: PartGiven) {
  const isUsed = fields.price !== "" || fields.earliest !== null || fields.latest !== null;
  const isWrong = ["price", "earliestStart", "latestEnd"].some((name) => errors[name]);
  const [isOpen, setOpen] = useState(isUsed || !fields.autoStart);
  const id = useId();
  return (
    <ExpandableSection
      toggleText="Price and room to move"
      isExpanded={isOpen || isWrong}
      onToggle={(_, open) => setOpen(open)}
      isIndented
    >
      <div className="opx-fields">
        <TextField
          label="The most you would pay"
          inputMode="decimal"
          value={fields.price}
          onChange={(price) => onChange({ price })}
          error={errors.price}
        >
          Credits for the whole; empty: the list price
        </TextField>
        <MomentInput
          label="Earliest start"
          isOptional
          value={fields.earliest}
          onChange={(earliest) => onChange({ earliest })}
          error={errors.earliestStart}
        >
          {fields.earliest === null ? "Empty: not before the start" : undefined}
        </MomentInput>
        <MomentInput
          label="Latest end"
          isOptional
          value={fields.latest}
          onChange={(latest) => onChange({ latest })}
          error={errors.latestEnd}
        >
          {fields.latest === null ? "Empty: any later time will do" : undefined}
        </MomentInput>
        <Checkbox
          id={id}
          label="Start by itself at the start time"
          isChecked={fields.autoStart}
          onChange={(_, autoStart) => onChange({ autoStart })}
        />
      </div>
    </ExpandableSection>
  );
}
