import { describe, expect, it } from "vitest";

import { ApiError } from "../api/problem";
import { fieldErrorsOf } from "./fieldErrors";

function refusal(code: string, errors?: { field: string; code: string; detail: string }[]) {
  return new ApiError({ type: "", title: "", status: 422, detail: "not so", code, errors }, null);
}

describe("the words of a refusal", () => {
  it("stand beside the fields they are about, and nowhere twice", () => {
    const error = refusal("invalid", [{ field: "password", code: "short", detail: "too short" }]);
    expect(fieldErrorsOf(error, ["username", "password"])).toEqual({
      fields: { password: "too short" },
      other: null,
    });
  });

  it("stand above the form where a field is not shown or none is named", () => {
    const hidden = refusal("invalid", [{ field: "role", code: "unknown", detail: "unknown role" }]);
    expect(fieldErrorsOf(hidden, ["username"]).other).toBe(hidden);
    const whole = refusal("registration_closed");
    expect(fieldErrorsOf(whole, ["username"])).toEqual({ fields: {}, other: whole });
    expect(fieldErrorsOf(null, ["username"]).other).toBeNull();
  });

  it("are about a field also where only their code says so", () => {
    expect(fieldErrorsOf(refusal("username_taken"), ["username"])).toEqual({
      fields: { username: "not so" },
      other: null,
    });
  });
});
