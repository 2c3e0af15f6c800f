/** What each kind of act asks of the product, and tells the model of. */
import assert from "node:assert/strict";
import type { Act, Deed } from "./acts.ts";
import {
  type Attempt,
  again,
  asking,
  assertRefused,
  type Context,
  happening,
  NOTHING,
  once,
} from "./attempt.ts";
import { EVENTS } from "./events.ts";
import { fraction, inUnits } from "./exact.ts";
import { HOUR, hourOf, type PriceList } from "./model.ts";
import type { Answer } from "./product.ts";
import { textOf } from "./properties.ts";

type DeedOf<Name> = Extract<Deed, { readonly do: Name }>;

type Deeds = { readonly [Name in Deed["do"]]: (deed: DeedOf<Name>, context: Context) => Attempt };

export const attempt = (act: Act, context: Context): Attempt =>
  (DEEDS[act.do] as (act: Act, context: Context) => Attempt)(act, context);

const DEEDS: Deeds = {
  launch({ cpu, mem, isDeaf }, context) {
    const input = { name: "s", cpu, mem, persistent: "true" };
    const more = { cpu: BigInt(cpu), mem: BigInt(mem) };
    return asking(context, { path: "servers/create", input }, more, ({ objects: [server] }) => {
      if (isDeaf && server !== undefined) context.product.deaf.add(textOf(server, "server"));
    });
  },
  start({ which }, context) {
    const server = serverOf(context, which, "stopped");
    if (server === null) return NOTHING;
    const more = { cpu: BigInt(server.cpu_mhz), mem: BigInt(server.mem_mib) };
    return asking(context, { path: "servers/SERVER/start", params: { SERVER: server.uuid } }, more);
  },
  stop: ({ which }, context) => ending(context, "servers/SERVER/stop", serverOf(context, which, "active")),
  "destroy server": ({ which }, context) =>
    ending(context, "servers/SERVER/destroy", serverOf(context, which)),
  "switch off"({ which }, context) {
    const server = serverOf(context, which, "active");
    return server === null ? NOTHING : happening(() => context.product.switchOff(server.uuid));
  },
  "set cpu"({ which, cpu }, context) {
    const server = serverOf(context, which);
    if (server === null) return NOTHING;
    const grows = server.phase === "active" ? BigInt(cpu - server.cpu_mhz) : 0n;
    const question = { path: "servers/SERVER/set", params: { SERVER: server.uuid }, input: { cpu } };
    return asking(context, question, grows > 0n ? { cpu: grows } : {});
  },
  "create drive"({ bytes }, context) {
    const input = { name: "d", size: bytes };
    return asking(context, { path: "drives/create", input }, { disk: BigInt(bytes) });
  },
  "resize drive"({ which, bytes }, context) {
    const drive = driveOf(context, which);
    if (drive === null) return NOTHING;
    const grows = BigInt(bytes - drive.size_bytes);
    const question = { path: "drives/DRIVE/set", params: { DRIVE: drive.uuid }, input: { size: bytes } };
    return asking(context, question, grows > 0n ? { disk: grows } : {});
  },
  "destroy drive"({ which }, context) {
    const drive = driveOf(context, which);
    if (drive === null) return NOTHING;
    return asking(context, { path: "drives/DRIVE/destroy", params: { DRIVE: drive.uuid } }, {});
  },
  hold: ({ type }, context) =>
    asking(context, { path: "resources/TYPE/create", params: { TYPE: type } }, { [type]: 1n }),
  "let go"({ which }, context) {
    const held = pick(ownOf(context.product.records().resources, context), which);
    if (held === null) return NOTHING;
    const params = { TYPE: held.type, RESOURCE: held.resource };
    return asking(context, { path: "resources/TYPE/RESOURCE/destroy", params }, {});
  },
  clear: (_deed, context) => happening(() => clear(context)),
  transfer({ bytes }, { product, party: { user, model } }) {
    // Its counters' own crashes are shown elsewhere.
    return happening(async () => {
      await product.transfer(user, bytes);
      model.transfer(BigInt(bytes), product.now);
    });
  },
  price({ prices, inHours }, context) {
    const { product, operator } = context;
    const from = hourOf(product.now) + (inHours ?? 0) * HOUR;
    const input = { ...flat(prices), from: inHours === null ? "now" : iso(from), currency: "EUR" };
    return once(
      () => product.priceLists(),
      async () => {
        const answer = await product.ask({ user: operator, role: "admin", path: "pricing/set", input });
        assert.equal(answer.refused, null);
      },
      () => context.prices.add({ from, prices }),
    );
  },
  subscribe({ resource, amount, period, renew }, { product, party: { user, model, funds } }) {
    const at = product.now;
    const isRefused =
      funds.status === "suspended" || !model.holdsSubscription(resource, BigInt(amount), period, at);
    const input = { resource, amount, period, renew: String(renew) };
    return once(
      () => product.boughtAt(user, at),
      async () => {
        const answer = await product.ask({ user, path: "subscriptions/create", input });
        assertRefused("subscriptions/create", answer, isRefused);
      },
      () => model.subscribe(resource, BigInt(amount), period, renew, at),
    );
  },
  renew({ which, renew }, context) {
    const { model, user } = context.party;
    const place = model.subscriptions.length === 0 ? -1 : which % model.subscriptions.length;
    const subscription = model.subscriptions[place];
    const uuid = context.product.subscriptionsOf(user)[place];
    if (subscription === undefined || uuid === undefined) return NOTHING;
    const question = { path: "subscriptions/SUBSCRIPTION/set", params: { SUBSCRIPTION: uuid } };
    let answer: Answer | null = null;
    return {
      async run() {
        answer = await context.product.ask({ user, ...question, input: { renew: String(renew) } });
        assert.equal(
          answer.refused?.code ?? null,
          subscription.to <= context.product.now ? "subscription_over" : null,
        );
      },
      async settle() {
        const isDone = answer === null ? context.product.renews(uuid) === renew : answer.refused === null;
        if (isDone) subscription.renew = renew;
      },
    };
  },
  pay({ amount, reference }, context) {
    const { user, model, funds } = context.party;
    const input = { amount, reference: `payment ${reference}`, text: "by bank" };
    const question = { path: "accounts/USER/credit", params: { USER: user }, input };
    return again(context, question, ({ refused }) => {
      assert.equal(refused === null, context.prices.any);
      if (refused !== null) return;
      model.pay(inUnits(fraction(amount)), input.reference, context.product.paidAt(user, input.reference));
      funds.paid();
    });
  },
  allow({ credit }, context) {
    const { user, model } = context.party;
    const question = { path: "accounts/USER/set", params: { USER: user }, input: { credit } };
    return again(context, question, ({ refused }) => {
      assert.equal(refused === null, context.prices.any);
      if (refused === null) model.credit = inUnits(fraction(credit));
    });
  },
  suspend: (_deed, context) => ruling(context, "suspend"),
  resume: (_deed, context) => ruling(context, "resume"),
  jump: ({ wallSeconds }, { product }) =>
    happening(() => {
      product.wallAheadSeconds += wallSeconds;
    }),
  hook(_deed, { product, operator, parties }) {
    if (product.hasHook) return NOTHING;
    const input = { url: "https://billing.example.com/", events: EVENTS.join(" ") };
    return once(
      () => Number(product.hasHook),
      async () => {
        const path = "webhooks/create";
        assert.equal((await product.ask({ user: operator, role: "admin", path, input })).refused, null);
      },
      () => {
        // Of what was before it is told nothing.
        for (const { model } of parties) model.events.length = 0;
      },
    );
  },
  decide: () => NOTHING,
  "be away": () => NOTHING,
  "go to the next end": () => NOTHING,
  nothing: () => NOTHING,
};

function ruling(context: Context, word: "suspend" | "resume"): Attempt {
  const { user, funds } = context.party;
  return again(context, { path: `accounts/USER/${word}`, params: { USER: user } }, ({ refused }) => {
    assert.equal(refused, null);
    funds.rule(word === "suspend" ? "suspended" : "active");
  });
}

function ending(context: Context, path: string, server: { readonly uuid: string } | null): Attempt {
  return server === null ? NOTHING : asking(context, { path, params: { SERVER: server.uuid } }, {});
}

/** Destroys all that the account has. */
async function clear(context: Context): Promise<void> {
  const { product, party } = context;
  const { user } = party;
  const { servers, drives, resources } = product.records();
  for (const { uuid } of ownOf(servers, context))
    await product.ask({ user, path: "servers/SERVER/destroy", params: { SERVER: uuid } });
  for (const { uuid } of ownOf(drives, context))
    await product.ask({ user, path: "drives/DRIVE/destroy", params: { DRIVE: uuid } });
  for (const { type, resource } of ownOf(resources, context)) {
    const params = { TYPE: type, RESOURCE: resource };
    await product.ask({ user, path: "resources/TYPE/RESOURCE/destroy", params });
  }
}

const ownOf = <Row extends { readonly user: string }>(rows: readonly Row[], { party }: Context) =>
  rows.filter(({ user }) => user === party.user);

function pick<T>(list: readonly T[], which: number): T | null {
  return list[which % Math.max(1, list.length)] ?? null;
}

function serverOf(context: Context, which: number, phase?: "active" | "stopped") {
  const own = ownOf(context.product.records().servers, context);
  return pick(
    own.filter((server) => phase === undefined || server.phase === phase),
    which,
  );
}

const driveOf = (context: Context, which: number) =>
  pick(ownOf(context.product.records().drives, context), which);

const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

/** As the command takes them. */
function flat(prices: PriceList["prices"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(prices).flatMap(([resource, price]) =>
      Object.entries(price).map(([key, value]) => [`${resource}:${key}`, value]),
    ),
  );
}
