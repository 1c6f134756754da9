// The dashboard: filters that stand in the address, charts that follow the figures, the MIS report as a download.
"use strict";

const filtersForm = $("[data-dashboard-filters]");

filtersForm?.addEventListener("change", () => {
  const isCustom = filtersForm.dateRange.value === "custom";
  for (const field of $$("[data-custom]", filtersForm)) field.hidden = !isCustom;
  if (isCustom && !(filtersForm.startDate.value && filtersForm.endDate.value)) return;
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(filtersForm)) if (value && (isCustom || !/^(start|end)Date$/.test(name))) asked.append(name, value);
  show(`${location.pathname}?${asked}`, "#dashboard", { push: true });
});

// Figures that moved: the tiles are fetched by app.js, the charts here, at most every five seconds.
let followed = 0;
document.addEventListener("live", (event) => {
  if (event.detail.type !== "dashboard.refresh" || followed) return;
  followed = setTimeout(() => {
    followed = 0;
    const charts = $$("[data-chart-of]");
    if (!charts.length && !$("dialog[open]")) show(location.href, "#dashboard"); // the first cases have come
    for (const chart of charts) htmx.trigger(chart, "refresh");
  }, 5000);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-mis]")) return;
  event.preventDefault();
  clear(form);
  const asked = Object.fromEntries(new URLSearchParams(location.search));
  const body = { dateRange: "month", ...asked, ...values(form) };
  delete body.lang;
  delete body.clientId;
  const answer = await fetch(`${base}/api/dashboard/export`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "*/*", "X-CSRF-Token": cookie("py360_csrf") },
    body: JSON.stringify(body),
  }).catch(() => null);
  if (answer?.status === 401 && (await signInAgain())) return form.requestSubmit();
  if (!answer?.ok) {
    const read = await answer?.json().catch(() => null);
    return say(form, read?.error?.message ?? texts.failed);
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "MIS_Report";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  form.closest("dialog")?.close();
});
