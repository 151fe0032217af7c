import {
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core/dist/esm/components/ToggleGroup";
import { useId, useState } from "react";

import { type Theme, keepTheme, storedTheme } from "../theme/theme";

const THEMES: [Theme, string][] = [
  ["light", "Light"],
  ["dark", "Dark"],
  ["system", "System"],
];

/** Light, dark, or as the system has it. */
export function ThemeSwitch() {
  const id = useId();
  const [theme, setTheme] = useState(storedTheme);
  const choose = (theme: Theme) => {
    keepTheme(theme);
    setTheme(theme);
  };
  return (
    <ToggleGroup isCompact aria-label="Theme">
      {THEMES.map(([value, text]) => (
        <ToggleGroupItem
          key={value}
          text={text}
          buttonId={`${id}-${value}`}
          isSelected={theme === value}
          onChange={() => choose(value)}
        />
      ))}
    </ToggleGroup>
  );
}
