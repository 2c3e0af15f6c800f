import assert from "node:assert/strict";
import { test } from "node:test";
import { invoiceCsv, invoicePage } from "./invoice-forms.ts";

const INVOICE = {
  ...{
    month: "2026-12",
    user: "u",
    status: "final",
    currency: "EUR",
    from: 1_796_083_200,
    to: 1_798_761_600,
  },
  "balance:before": "50",
  ...{ "cpu:amount": "744000", "cpu:subscribed": "720000", "cpu:burst": "24000" },
  ...{ "cpu:cost:burst": "0.384", "cpu:cost:subscription": "5.5" },
  ...{ charged: "5.884", credited: "10", refunded: "0", corrected: "-1", "balance:after": "53.116" },
};

test("an invoice as CSV has a line for each way of paying and each sum", () => {
  assert.deepEqual(invoiceCsv(INVOICE).split("\r\n"), [
    "user,month,status,currency,item,way,amount,unit,money",
    "u,2026-12,final,EUR,balance before,,,,50",
    "u,2026-12,final,EUR,cpu,burst,24000,core MHz hours,0.384",
    "u,2026-12,final,EUR,cpu,subscription,720000,core MHz hours,5.5",
    "u,2026-12,final,EUR,charged,,,,5.884",
    "u,2026-12,final,EUR,credited,,,,10",
    "u,2026-12,final,EUR,refunded,,,,0",
    "u,2026-12,final,EUR,corrected,,,,-1",
    "u,2026-12,final,EUR,balance after,,,,53.116",
    "",
  ]);
});

test("what has a comma or a quotation mark in it is one cell of CSV", () => {
  assert.match(invoiceCsv({ ...INVOICE, currency: 'a,"b"' }), /^u,2026-12,final,"a,""b""",balance before/m);
});

test("the page names the account, each row and each sum, and takes no markup out of a name", () => {
  const page = invoicePage(INVOICE, { name: "<script>alert('x')</script> & Co", email: "a@example.com" });
  assert.ok(!page.includes("<script"));
  assert.ok(page.includes("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; Co<br>a@example.com<br>u"));
  for (const cell of ["744000", "24000", "0.384", "720000", "5.5", "5.884", "50", "10", "-1", "53.116"])
    assert.equal(page.includes(`>${cell}<`), cell !== "744000", cell);
  assert.ok(page.includes("From 2026-12-01 up to 2027-01-01, UTC."));
  assert.ok(!page.includes("so far"));
  assert.ok(invoicePage({ ...INVOICE, status: "open" }, {}).includes("so far"));
});
