/** The table about imaging a drive from a URL: an extension in the specification's style. */
import { type Chapter, downloading, downloads, fetching, fetchingOnHost, fetchingState } from "./row.ts";

const FETCHED = fetching(
  "fetches a drive: it holds the content and zeroes behind, and the URL is told nowhere",
);

export const FETCHES: Chapter = {
  title: "Drives: from a URL, and as a file",
  tables: [
    {
      title: "Download a drive",
      command: "drives/DRIVE/download[/OFFSET]",
      row: downloading("answers all of a drive, as a file that is called as the drive is"),
      says: {
        OFFSET: downloading("answers what is behind an offset, so that one that broke off is gone on with"),
        "who may": downloading("is for whoever may read the drive"),
      },
    },
    {
      title: "Image a drive from a URL",
      command: "drives/DRIVE/fetch",
      row: [...FETCHED, ...fetching("GET of fetch is 405 method")],
      takes: {
        url: [
          ...FETCHED,
          ...fetching(
            "without a url it is 400 usage",
            "a url of another scheme is 400 usage",
            "a url with credentials is 400 usage",
          ),
        ],
        sha256: [
          ...FETCHED,
          ...fetching(
            "a sha256 that is none is 400 usage",
            "another checksum leaves imaging:error, and a drive of zeroes that can be fetched again",
          ),
        ],
      },
      says: {
        "the operator allows it": [
          ...fetching("fetches nothing, and says so before all else"),
          ...fetchingState("what waits when the operator allows it no more ends with that reason"),
        ],
        "no address that is not public": [
          ...fetching(
            "an address that is not public leaves imaging:error, and a drive of zeroes that can be fetched again",
          ),
          ...downloads(
            "a name that means another address a moment later is connected to where it was judged",
            "a redirect to the same name is looked up and judged anew",
          ),
        ],
        "a drive that is not there, not the caller's, or in use": fetching(
          "a drive that is not there is 404 missing",
          "another user's drive is 404 missing",
          "another user's drive that may be read is 404 missing",
          "a drive that a server holds is 409 busy",
          "a drive that is fetched is 409 busy",
        ),
        "progress, and what the drive can be used for meanwhile": fetching(
          "one that is fetched shows imaging true",
          "info/full shows how much of it is there",
          "one that waits to be fetched shows imaging queued",
          "write of one that is fetched is 409 busy",
          "destroying one that is fetched ends that, and the next has its turn",
          "a server that would start with one is 409 busy",
        ),
        "what does not fit": fetchingOnHost(
          "a content that is longer than the drive ends the job, and the drive reads as zeroes",
          "one that is longer and does not say so ends the job, and the drive reads as zeroes",
        ),
        "it survives whatever ends meanwhile": [
          ...fetching("kill -9 of the daemon has it fetched again from the start, and it is whole then"),
          ...downloads(
            "what breaks off goes on where it was, from a source that says that it is the same still",
          ),
        ],
      },
    },
  ],
};
