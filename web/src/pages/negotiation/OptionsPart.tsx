import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { useState } from "react";

import type { Options } from "../../api/types";
import { Credits } from "../../ui/Money";
import { CountInput } from "../terms/inputs";
import { instanceWords } from "../terms/words";
import type { Acts } from "./useNegotiation";

/** Optional instances: how many are left, and claiming or dropping them. */
export function OptionsPart({ options, acts }: { options: Options; acts: Acts }) {
  const [typed, setTyped] = useState(1);
  const count = Math.max(1, Math.min(typed, options.granted));
  return (
    <section className="opx-stack" aria-label="Optional instances">
      <Title headingLevel="h2" size="lg">
        Optional instances
      </Title>
      <p>
        {instanceWords(options.granted)} more can be claimed until the start for{" "}
        <Credits amount={options.priceEach} /> each; {options.guaranteed} of them are held for sure.
      </p>
      <div className="opx-fields">
        <CountInput
          label="How many"
          value={count}
          min={1}
          max={options.granted}
          onChange={setTyped}
        />
      </div>
      <div className="opx-row">
        <Button
          variant="secondary"
          isDisabled={acts.isPending}
          onClick={() => acts.act({ do: "options", change: { claim: count } })}
        >
          Claim {count}
        </Button>
        <Button
          variant="link"
          isDisabled={acts.isPending}
          onClick={() => acts.act({ do: "options", change: { drop: count } })}
        >
          Drop {count}
        </Button>
      </div>
    </section>
  );
}
