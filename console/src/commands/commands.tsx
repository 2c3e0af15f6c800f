/** All commands of the API, out of its own description, each to be tried out. */
import { Alert, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Icon } from "../parts/icons.tsx";
import { Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { type Command, catalogueQuery, found } from "./catalogue.ts";
import { CommandForm } from "./command-form.tsx";
import classes from "./commands.module.css";
import { text } from "./text.ts";

export function Commands() {
  const { data: commands, error, refetch } = useQuery(catalogueQuery);
  const { command: chosen } = useSearch({ from: "/api" });
  const command = commands?.find(({ id }) => id === chosen);
  return (
    <>
      <PageHead title={text.title} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {commands === undefined && error === null && <Waiting />}
      {commands !== undefined && (
        <div className={classes.page} data-is-chosen={chosen !== undefined}>
          <Index commands={commands} chosen={chosen} />
          <div className={classes.command}>
            {chosen === undefined && <Intro />}
            {chosen !== undefined && command === undefined && (
              <>
                <Back />
                <Alert role="alert">{text.unknown}</Alert>
              </>
            )}
            {command !== undefined && <Shown key={command.id} command={command} />}
          </div>
        </div>
      )}
    </>
  );
}

const Intro = () => (
  <Panel>
    <Text>{text.intro}</Text>
    <Text mt="sm" c="dimmed" className={classes.choose}>
      {text.choose}
    </Text>
    <Text mt="sm">
      <a href="/openapi.json">{text.schema}</a>
    </Text>
  </Panel>
);

function Index({
  commands,
  chosen,
}: {
  readonly commands: readonly Command[];
  readonly chosen?: string | undefined;
}) {
  const { q = "" } = useSearch({ from: "/api" });
  const navigate = useNavigate({ from: "/api" });
  const chapters = [...Map.groupBy(found(commands, q), ({ chapter }) => chapter)];
  return (
    <nav aria-label={text.commands} className={classes.index}>
      <TextInput
        type="search"
        aria-label={text.filter}
        placeholder={text.filterHint}
        leftSection={<Icon name="search" />}
        value={q}
        onChange={({ currentTarget: { value } }) =>
          void navigate({
            search: ({ command }) => ({
              ...(command === undefined ? {} : { command }),
              ...(value === "" ? {} : { q: value }),
            }),
            replace: true,
          })
        }
      />
      <div className={classes.chapters}>
        {chapters.length === 0 && <Text c="dimmed">{text.none}</Text>}
        {chapters.map(([chapter, members]) => (
          <section key={chapter} aria-label={chapter}>
            <Title order={2} className={classes.chapter}>
              {chapter}
            </Title>
            <ul>
              {members.map(({ id, path }) => (
                <li key={id}>
                  <Link
                    to="/api"
                    search={{ command: id, ...(q === "" ? {} : { q }) }}
                    className={classes.link}
                    {...(id === chosen ? { "aria-current": "page" as const } : {})}
                  >
                    {path.join("/")}
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </nav>
  );
}

/** On a phone, to the index, which has no room beside a command. */
function Back() {
  const { q } = useSearch({ from: "/api" });
  return (
    <div className={classes.back}>
      <Link to="/api" search={q === undefined ? {} : { q }}>
        ← {text.back}
      </Link>
    </div>
  );
}

function Shown({ command }: { readonly command: Command }) {
  const { path, summary, isReading, isAdmins } = command;
  return (
    <Panel>
      <Back />
      <Title order={2} className={classes.title}>
        {path.join("/")}
      </Title>
      <Text mt={4}>{summary}</Text>
      <div className={classes.marks}>
        <span className={classes.mark} data-changes={!isReading}>
          {isReading ? text.reads : text.changes}
        </span>
        {isAdmins && <span className={classes.mark}>{text.admins}</span>}
      </div>
      <CommandForm command={command} />
    </Panel>
  );
}
