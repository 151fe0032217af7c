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
  /** What the button says that does it. */
  action: string;
  isDanger?: boolean;
  /** It cannot be done yet, or is being done. */
  isBlocked?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before something is done that cannot be taken back. */
export function ConfirmDialog(given: Given) {
  const { title, action, isDanger = false, isBlocked = false, onConfirm, onClose } = given;
  const id = useId();
  return (
    <Modal
      isOpen
      variant="small"
      onClose={onClose}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-body`}
    >
      <ModalHeader
        title={title}
        labelId={`${id}-title`}
        titleIconVariant={isDanger ? "warning" : undefined}
      />
      <ModalBody id={`${id}-body`}>{given.children}</ModalBody>
      <ModalFooter>
        <Button
          variant={isDanger ? "danger" : "primary"}
          isDisabled={isBlocked}
          onClick={onConfirm}
        >
          {action}
        </Button>
        <Button variant="link" onClick={onClose}>
          Keep as it is
        </Button>
      </ModalFooter>
    </Modal>
  );
}
