import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Form } from "@patternfly/react-core/dist/esm/components/Form";
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from "@patternfly/react-core/dist/esm/components/Modal";
import { type FormEvent, type ReactNode, useId } from "react";

interface Given {
  title: string;
  /** What the button says that does it. */
  action: string;
  isPending: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks for what has to be known before something is made. */
export function FormDialog({ title, action, isPending, onSubmit, onClose, children }: Given) {
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal isOpen variant="small" aria-labelledby={`${id}-title`} onClose={onClose}>
      <ModalHeader title={title} labelId={`${id}-title`} />
      <ModalBody>
        <Form id={`${id}-form`} onSubmit={submit}>
          {children}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={`${id}-form`} isLoading={isPending} isDisabled={isPending}>
          {action}
        </Button>
        <Button variant="link" onClick={onClose}>
          Leave it
        </Button>
      </ModalFooter>
    </Modal>
  );
}
