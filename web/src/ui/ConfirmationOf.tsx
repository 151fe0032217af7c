import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from "@patternfly/react-core/dist/esm/components/Modal";
import { type ReactNode, useId } from "react";

interface Given {
  title: string;
  onClose: () => void;
  /** What was done. */
  children: ReactNode;
}

/** Says that something was done, until it is read. */
export function ConfirmationOf({ title, onClose, children }: Given) {
  const id = useId();
  return (
    <Modal
      isOpen
      variant="small"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-body`}
      onClose={onClose}
    >
      <ModalHeader title={title} labelId={`${id}-title`} titleIconVariant="success" />
      <ModalBody id={`${id}-body`}>{children}</ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>Done</Button>
      </ModalFooter>
    </Modal>
  );
}
