import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";

import { logOut } from "../api/endpoints";
import { endSession } from "./session";

/** Ends the session; what was read in it is forgotten once nothing shows it any more. */
export function useLogOut() {
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: logOut,
    onSuccess: async () => {
      await router.navigate({ to: "/login" });
      endSession(client);
    },
  });
}
