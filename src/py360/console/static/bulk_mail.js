// Bulk mail: the pasted lines are read by the API, which says what it left out; what it read goes with the form.
"use strict";

const bulk = $("[data-bulk-mail]");
let recipients = null;

async function readLines() {
  clear(bulk);
  try {
    const read = await call("POST", "/emails/bulk/recipients/import", { body: { text: $("[data-pasted]", bulk).value } });
    recipients = read.recipients;
    $("[data-read-result]", bulk).textContent = read.message;
    $("[data-skipped]", bulk).replaceChildren(...read.skipped.slice(0, 50).map((each) => { const item = document.createElement("li"); item.textContent = `${each.email}: ${each.reason}`; return item; }));
    return true;
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    refuse(bulk, refused);
    return false;
  }
}
$("[data-read]", bulk).addEventListener("click", readLines);
$("[data-pasted]", bulk).addEventListener("input", () => { recipients = null; });

bulk.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!recipients && !(await readLines())) return;
  if (!(await confirmed(bulk.dataset.question))) return;
  try {
    const made = await call("POST", "/emails/bulk", { body: { ...values(bulk), recipients } });
    bulk.sent = true;
    location.assign(fill(bulk.dataset.then, made));
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    refuse(bulk, refused);
  }
});

$("[data-preview]", bulk).addEventListener("click", async () => {
  if (!recipients && !(await readLines())) return;
  clear(bulk);
  try {
    const shown = await call("POST", "/emails/bulk/preview", { body: { ...values(bulk), recipients: recipients.slice(0, 1) } });
    for (const place of $$("[data-preview-of]")) place.textContent = [shown[place.dataset.previewOf] ?? "–"].flat().join(", ") || "–";
    $("#preview").showModal();
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    refuse(bulk, refused);
  }
});
