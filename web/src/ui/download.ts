/** How long the browser has to take a file over, in milliseconds. */
const TAKEN_WITHIN_MS = 60_000;

/** Gives `text` to the user as a file. */
export function download(name: string, mediaType: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), TAKEN_WITHIN_MS);
}
