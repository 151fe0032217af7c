import { expect, it } from "vitest";

import { toCsv } from "./csv";

it("quotes what would end a cell and disarms what would run", () => {
  const rows = [
    ["PEX, Debian", 'the "old" one', null],
    ["=1+1", "-3.5", 7],
    ["-x", "two\nlines", undefined],
  ];
  expect(toCsv(["a", "b", "c"], rows)).toBe(
    ["a,b,c", '"PEX, Debian","the ""old"" one",', "'=1+1,-3.5,7", `'-x,"two\nlines",`, ""].join(
      "\r\n",
    ),
  );
});
