import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from "@patternfly/react-core/dist/esm/components/Modal";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";

import { LogInForm } from "./LogInForm";
import { endSession } from "./session";

/**
 * Asks who it was to go on; the page behind keeps all that was typed. Somebody else begins at the
 * beginning: what is on the page is not theirs.
 */
export function LogInAgain({ username }: { username: string }) {
  const client = useQueryClient();
  const router = useRouter();
  const leave = async () => {
    await router.navigate({ to: "/login" });
    endSession(client);
  };
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
      <ModalFooter>
        <Button variant="link" onClick={() => void leave()}>
          Log in as somebody else
        </Button>
      </ModalFooter>
    </Modal>
  );
}
