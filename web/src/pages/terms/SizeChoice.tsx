import { Card, CardBody, CardHeader } from "@patternfly/react-core/dist/esm/components/Card";
import { FormGroup } from "@patternfly/react-core/dist/esm/components/Form";
import { useId } from "react";

import type { InstanceType } from "../../api/types";
import { FieldNote } from "../../ui/FieldNote";

interface Given {
  types: readonly InstanceType[];
  value: string;
  onChange: (type: string) => void;
  error?: string;
}

/** The sizes of instances (the paper's Table 1, or what the site has), one to be chosen. */
export function SizeChoice({ types, value, onChange, error }: Given) {
  const id = useId();
  return (
    <FormGroup role="radiogroup" label="Size of each instance" fieldId={id} isRequired>
      <div className="opx-sizes">
        {types.map(({ name, vcpus, memoryMb, diskGb }) => (
          <Card key={name} isCompact isSelectable isSelected={name === value} id={`${id}-${name}`}>
            <CardHeader
              selectableActions={{
                variant: "single",
                name: id,
                selectableActionId: `${id}-${name}-choice`,
                selectableActionAriaLabelledby: `${id}-${name}-name ${id}-${name}-numbers`,
                onChange: () => onChange(name),
              }}
            >
              <strong id={`${id}-${name}-name`}>{name}</strong>
            </CardHeader>
            <CardBody id={`${id}-${name}-numbers`}>
              <span>{vcpus === 1 ? "1 vCPU" : `${vcpus} vCPUs`}</span>
              <span>{memoryMb} MB memory</span>
              <span>{diskGb} GB disk</span>
            </CardBody>
          </Card>
        ))}
      </div>
      <FieldNote id={`${id}-note`} error={error} />
    </FormGroup>
  );
}
