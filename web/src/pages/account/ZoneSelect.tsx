import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { MenuToggle } from "@patternfly/react-core/dist/esm/components/MenuToggle";
import {
  Select,
  SelectList,
  SelectOption,
} from "@patternfly/react-core/dist/esm/components/Select";
import {
  TextInputGroup,
  TextInputGroupMain,
  TextInputGroupUtilities,
} from "@patternfly/react-core/dist/esm/components/TextInputGroup";
import { TimesIcon } from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { type KeyboardEvent, useId, useState } from "react";

import { allZones } from "../../time/zone";
import { matchingZones } from "./zones";

interface Given {
  /** Names what is chosen. */
  label: string;
  value: string;
  onChange: (zone: string) => void;
}

const ZONES = allZones();

/** Chooses a zone by any part of its name. */
export function ZoneSelect({ label, value, onChange }: Given) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  // What is typed to find a zone; `null` while nothing is.
  const [typed, setTyped] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const found = matchingZones(ZONES, typed ?? "");
  const optionId = (index: number) => `${id}-option-${index}`;
  const close = () => {
    setOpen(false);
    setTyped(null);
  };
  const choose = (zone: string | undefined) => {
    if (zone !== undefined) onChange(zone);
    close();
  };
  const move = (by: number) => {
    setOpen(true);
    const next = isOpen ? (active + by + found.length) % Math.max(found.length, 1) : 0;
    setActive(next);
    document.getElementById(optionId(next))?.scrollIntoView({ block: "nearest" });
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      if (isOpen) choose(found[active]);
      else setOpen(true);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    }
  };
  return (
    <Select
      id={`${id}-list`}
      isOpen={isOpen}
      selected={value}
      onSelect={(_, zone) => choose(String(zone))}
      onOpenChange={(open) => (open ? setOpen(true) : close())}
      variant="typeahead"
      isScrollable
      toggle={(toggleRef) => (
        <MenuToggle
          innerRef={toggleRef}
          variant="typeahead"
          aria-label={`${label}: all zones`}
          isExpanded={isOpen}
          isFullWidth
          onClick={() => (isOpen ? close() : setOpen(true))}
        >
          <TextInputGroup isPlain>
            <TextInputGroupMain
              value={typed ?? value}
              onClick={() => setOpen(true)}
              onChange={(_, text) => {
                setTyped(text);
                setActive(0);
                setOpen(true);
              }}
              onKeyDown={onKey}
              autoComplete="off"
              role="combobox"
              aria-label={label}
              isExpanded={isOpen}
              aria-controls={`${id}-list`}
              {...(isOpen && found.length > 0 && { "aria-activedescendant": optionId(active) })}
            />
            <TextInputGroupUtilities {...(typed ? {} : { style: { display: "none" } })}>
              <Button
                variant="plain"
                icon={<TimesIcon />}
                aria-label="Clear what was typed"
                onClick={() => setTyped(null)}
              />
            </TextInputGroupUtilities>
          </TextInputGroup>
        </MenuToggle>
      )}
    >
      <SelectList aria-label={label}>
        {found.map((zone, index) => (
          <SelectOption key={zone} id={optionId(index)} value={zone} isFocused={index === active}>
            {zone}
          </SelectOption>
        ))}
        {found.length === 0 && <SelectOption isDisabled>No zone is called so</SelectOption>}
      </SelectList>
    </Select>
  );
}
