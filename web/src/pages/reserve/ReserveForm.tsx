import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Form } from "@patternfly/react-core/dist/esm/components/Form";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { type FormEvent, useMemo, useState } from "react";

import { propose, tryProposal } from "../../api/endpoints";
import type { Offer, Proposal } from "../../api/types";
import type { Bar, Span } from "../../timeline/model";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { fieldErrorsOf } from "../../ui/fieldErrors";
import { useIntent } from "../../ui/useIntent";
import { type Catalogue, SHOWN, TermsForm } from "../terms/TermsForm";
import { TermsLine } from "../terms/TermsLine";
import { TrialAnswer } from "../terms/TrialAnswer";
import {
  type Fields,
  defaultFields,
  fieldsFrom,
  fieldsOf,
  proposalOf,
  textsOf,
  windowOf,
} from "../terms/fields";
import { ASKED, askedRow, offersRow } from "../terms/topRows";
import { useTexts } from "../terms/useTexts";
import { useTrial } from "../terms/useTrial";
import { CheapStarts } from "./CheapStarts";

const NO_OFFERS: Offer[] = [];

/** The form, the time line, and what the answer would be. */
export function ReserveForm({ catalogue, now }: { catalogue: Catalogue; now: number }) {
  const [texts, change] = useTexts();
  // What was not said stays as it was when the page was opened, however the clock goes on.
  const [usual] = useState(() =>
    defaultFields(namesOf(catalogue.types), namesOf(catalogue.templates), now),
  );
  const fields = useMemo(() => fieldsOf(texts, usual), [texts, usual]);
  const proposal = useMemo(() => proposalOf(fields), [fields]);
  const isSound = fields.duration > 0;
  const trial = useTrial(isSound ? proposal : null, "new", tryProposal);
  const sending = useSending();
  const set = (patch: Partial<Fields>) => {
    sending.reset();
    change(textsOf(patch));
  };
  const setWindow = ({ from, to }: Span) => set({ start: from, duration: to - from });
  const offers = trial.data?.reply === "COUNTER" ? trial.data.offers : NO_OFFERS;
  const take = (offer: Offer) =>
    set(fieldsFrom({ ...offer.proposal, price: fields.price }, fields));
  const top = useMemo(
    () => [
      askedRow(windowOf(fields), `${fields.fixed} ${fields.type}`),
      ...offersRow(offers, true),
    ],
    [fields, offers],
  );
  const tried = fieldErrorsOf(trial.error, SHOWN);
  const sent = fieldErrorsOf(sending.error, SHOWN);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isSound) sending.send(proposal);
  };
  const pick = (bar: Bar) => {
    const offer = offers.find(({ offer }) => bar.id === `offer ${offer}`);
    if (offer !== undefined) take(offer);
  };
  return (
    <div className="opx-stack">
      <TermsLine
        label="Free capacity and your window"
        {...{ texts, change, now, top }}
        band={windowOf(fields)}
        type={fields.type}
        onSelect={setWindow}
        onMove={(bar, span) => bar.id === ASKED && setWindow(span)}
        onPick={pick}
      />
      <Form onSubmit={submit} className="opx-beside">
        <TermsForm
          {...{ fields, catalogue }}
          onChange={set}
          errors={{ ...tried.fields, ...sent.fields }}
        />
        <div className="opx-stack">
          <Title headingLevel="h2" size="lg">
            What the answer would be
          </Title>
          <TrialAnswer trial={trial} refusal={tried.other} onUse={take} />
          <ErrorNotice error={sent.other} />
          <div>
            <Button
              type="submit"
              isLoading={sending.isPending}
              isDisabled={sending.isPending || !isSound}
            >
              Send the proposal
            </Button>
          </div>
          <CheapStarts fields={fields} now={now} onUse={(start) => set({ start })} />
        </div>
      </Form>
    </div>
  );
}

function namesOf(named: readonly { name: string }[]): string[] {
  return named.map(({ name }) => name);
}

/** Sends the proposal; its answer turns the page into the negotiation. */
function useSending() {
  const client = useQueryClient();
  const router = useRouter();
  const { intentFor, done } = useIntent();
  const { mutate, ...sending } = useMutation({
    mutationFn: (proposal: Proposal) => propose(proposal, intentFor(proposal)),
    onSuccess: async (answer) => {
      done();
      void client.invalidateQueries({ queryKey: ["reservations"] });
      await router.navigate({ to: "/reservations/$id", params: { id: answer.proposal.id } });
    },
  });
  return { ...sending, send: mutate };
}
