/**
 * What a command is asked, put together from what came.
 */
import type { ServerResponse } from "node:http";
import type { Caller, Request, Words } from "../api/command.ts";
import type { Input } from "../api/properties.ts";
import { hangUpSignal } from "./hangup.ts";

/**
 * A class for its getter: few commands listen to `signal`, so it is made when one does, and a getter in an object
 * literal gives every object a shape of its own, which was measured to double the cost of a request.
 */
export class Asked implements Request {
  readonly caller: Caller;
  readonly words: Words;
  readonly input: Input;
  declare readonly body?: NonNullable<Request["body"]>;
  readonly #response: ServerResponse;
  #signal: AbortSignal | undefined;

  constructor(caller: Caller, words: Words, input: Input, response: ServerResponse) {
    this.caller = caller;
    this.words = words;
    this.input = input;
    this.#response = response;
  }

  get signal(): AbortSignal {
    this.#signal ??= hangUpSignal(this.#response);
    return this.#signal;
  }
}
