/** The specification's introduction: the tools, the worked example, what is said of all commands, the errors. */
import {
  type Chapter,
  clients,
  drives,
  elastichosts,
  errors,
  example,
  introduction,
  openapi,
  servers,
  transfers,
} from "./row.ts";

const EXAMPLE = example(
  "the worked example runs as the specification prints it, to a guest that is used and shut down",
);

export const INTRODUCTION: Chapter = {
  title: "Introduction",
  tables: [
    {
      title: "The command line tools",
      says: {
        "a command is a GET or POST of the URL that its words make": elastichosts(
          "the words are the URL, every call is a POST, and the answer is printed as it came",
        ),
        "EHURI, with or without a slash at its end": elastichosts(
          "EHURI may lack its trailing slash and may have a path of its own",
        ),
        "EHAUTH, or a prompt for the secret key": elastichosts(
          "a missing secret is asked for on the terminal without echo",
        ),
        "the upload tool": transfers(
          "an upload prints what the specification's example shows, with chunks of 4 MiB",
        ),
        "the download tool": transfers(
          "a download prints a line like the upload's and makes the same image, raw or gzipped",
        ),
        "a more basic upload": EXAMPLE,
        "a server is booted from the drive": EXAMPLE,
      },
    },
    {
      title: "Objects and credentials",
      says: {
        "GET reads, POST changes": clients(
          "fact 1: a reading command answers GET and HEAD, the latter without a body",
          "fact 1: a changing command answers POST alone",
        ),
        "users, drives and servers are identified by UUIDs": introduction(
          "names drives, servers and users by UUIDs",
        ),
        "HTTP Basic Authentication with the user's UUID and secret API key": introduction(
          "refuses no credentials with 401 auth, and asks for Basic credentials",
          "refuses a wrong secret with 401 auth, and takes the user's uuid in either case with the right one",
        ),
        "text/plain by default, Content-Type and Accept": clients(
          "fact 4: text goes in and JSON comes out, and the other way round",
          "fact 4: properties come as text where Accept is not sent",
        ),
      },
    },
    {
      title: "The three kinds of data, in both content types",
      says: {
        "single object, key value pairs: `properties`": introduction(
          "answers one object as lines of a key, a space and the value, or as a JSON object",
        ),
        "multiple objects, list of values: `list`": introduction(
          "answers a list as lines of values for the same keys, or as a JSON array of objects",
        ),
        "multiple objects, key value pairs for each: `properties list`": introduction(
          "answers several objects with an empty line between, or as a JSON array of objects",
        ),
      },
    },
    {
      title: "Errors",
      says: {
        "200 OK": openapi("has examples that are answered as they say, in text/plain"),
        "204 No Content": openapi("has examples that are answered as they say, in application/json"),
        "400 usage": [
          ...errors("usage is answered as 400, its sentence as text in both content types"),
          ...drives("an unknown key is 400 usage"),
        ],
        "401 auth": introduction("refuses no credentials with 401 auth, and asks for Basic credentials"),
        "402 billing": errors("billing is answered as 402, its sentence as text in both content types"),
        "404 missing": [
          ...errors("missing is answered as 404, its sentence as text in both content types"),
          ...drives("an unknown verb is 404 missing", "a destroyed drive is gone for everything"),
        ],
        "405 method": drives("GET of destroy is 405 method"),
        "409 busy": servers("reset of a stopped server is 409 busy", "a second server gets no claim on it"),
        "500 failed": errors("failed is answered as 500, its sentence as text in both content types"),
        "500 system": errors(
          "system is answered as 500, its sentence as text in both content types",
          "a defect is answered as 500 system, and nothing of what is inside is told",
        ),
        "507 full": drives("a write that passes the end is 507 full and changes nothing, plain and gzipped"),
      },
    },
  ],
};
