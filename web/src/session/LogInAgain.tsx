import { Modal, ModalBody, ModalHeader } from "@patternfly/react-core/dist/esm/components/Modal";

import { LogInForm } from "./LogInForm";

/** Asks who it is that goes on; the page behind keeps all that was typed. */
export function LogInAgain({ username }: { username: string }) {
  return (
    <Modal isOpen variant="small" aria-labelledby="again-title" aria-describedby="again-body">
      <ModalHeader
        title="Your session has ended"
        labelId="again-title"
        description="Log in again to go on. Nothing on the page behind is lost."
      />
      <ModalBody id="again-body">
        <LogInForm username={username} />
      </ModalBody>
    </Modal>
  );
}
