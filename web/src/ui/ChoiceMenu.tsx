import { Badge } from "@patternfly/react-core/dist/esm/components/Badge";
import { MenuToggle } from "@patternfly/react-core/dist/esm/components/MenuToggle";
import {
  Select,
  SelectList,
  SelectOption,
} from "@patternfly/react-core/dist/esm/components/Select";
import { useState } from "react";

interface Given {
  label: string;
  options: readonly string[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}

/** Several of a few options. */
export function ChoiceMenu({ label, options, chosen, onChange }: Given) {
  const [isOpen, setOpen] = useState(false);
  const flip = (option: string) =>
    onChange(options.filter((other) => chosen.includes(other) !== (other === option)));
  return (
    <Select
      role="menu"
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={(_, option) => flip(String(option))}
      toggle={(ref) => (
        <MenuToggle ref={ref} isFullWidth isExpanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {label}
          {chosen.length > 0 && <Badge isRead>{chosen.length}</Badge>}
        </MenuToggle>
      )}
    >
      <SelectList>
        {options.map((option) => (
          <SelectOption
            key={option}
            value={option}
            hasCheckbox
            isSelected={chosen.includes(option)}
          >
            {option.replace("_", " ")}
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  );
}
