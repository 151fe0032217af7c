import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Form } from "@patternfly/react-core/dist/esm/components/Form";
import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { type FormEvent, useCallback, useMemo } from "react";

import { tryCounter } from "../../api/endpoints";
import type { Offer } from "../../api/types";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { fieldErrorsOf } from "../../ui/fieldErrors";
import { SHOWN, TermsForm } from "../terms/TermsForm";
import { TrialAnswer } from "../terms/TrialAnswer";
import { type Fields, fieldsFrom, proposalOf } from "../terms/fields";
import { useCatalogue } from "../terms/useCatalogue";
import { type Ask, useTrial } from "../terms/useTrial";
import { isSaying } from "./Actions";
import type { Acts } from "./useNegotiation";

interface Given {
  id: string;
  /** Whether it changes what was agreed on. */
  isChange: boolean;
  fields: Fields;
  set: (patch: Partial<Fields>) => void;
  acts: Acts;
  onClose: () => void;
}

/** Other terms for the same reservation, with what they would be answered. */
export function CounterForm({ id, isChange, fields, set, acts, onClose }: Given) {
  const { catalogue, error, again } = useCatalogue();
  const ask = useCallback<Ask>((proposal, signal) => tryCounter(id, proposal, signal), [id]);
  const proposal = useMemo(() => proposalOf(fields), [fields]);
  const isSound = fields.duration > 0;
  const trial = useTrial(isSound ? proposal : null, id, ask);
  const tried = fieldErrorsOf(trial.error, SHOWN);
  const said = fieldErrorsOf(isSaying(acts) ? acts.error : null, SHOWN);
  const take = (offer: Offer) =>
    set(fieldsFrom({ ...offer.proposal, price: fields.price }, fields));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isSound) acts.act({ do: "say", message: { reply: "COUNTER", proposal } });
  };
  const title = isChange ? "Change what was agreed" : "Ask for something else";
  if (error !== null) return <ErrorNotice error={error} onRetry={again} />;
  if (catalogue === null) return <Skeleton screenreaderText="Loading the form" height="12rem" />;
  return (
    <section aria-label={title}>
      <Title headingLevel="h2" size="lg">
        {title}
      </Title>
      <Form onSubmit={submit} className="opx-beside">
        <TermsForm
          {...{ fields, catalogue }}
          onChange={set}
          errors={{ ...tried.fields, ...said.fields }}
        />
        <div className="opx-stack">
          <Title headingLevel="h3" size="md">
            What the answer would be
          </Title>
          <TrialAnswer trial={trial} refusal={tried.other} onUse={take} />
          <ErrorNotice error={said.other} />
          <div className="opx-row">
            <Button type="submit" isDisabled={acts.isPending || !isSound}>
              {isChange ? "Ask for the change" : "Send the counter-offer"}
            </Button>
            <Button variant="link" onClick={onClose}>
              Close the form
            </Button>
          </div>
        </div>
      </Form>
    </section>
  );
}
