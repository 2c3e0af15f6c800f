/** Finds what there is by a word or two, and leads there or does it: the keyboard is enough (WAI-ARIA APG: combobox with a listbox). */
import { CloseButton, Modal } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type NavigateOptions, useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useDeferredValue, useId, useMemo, useState } from "react";
import { sentenceOf } from "../api/errors.ts";
import { drivesQuery, noteChange, resourcesQuery, serversQuery, standardQuery } from "../api/queries.ts";
import { useFocusBack } from "../parts/focus-back.ts";
import { Icon } from "../parts/icons.tsx";
import { tell, tellFailure } from "../parts/tell.ts";
import { act } from "../servers/doing.ts";
import { text as servers } from "../servers/text.ts";
import type { Entry, Page } from "./entries.ts";
import { find, type Group } from "./find.ts";
import classes from "./palette.module.css";
import { noteRecent, recentIds } from "./recent.ts";
import { text } from "./text.ts";

type Props = { readonly pages: readonly Page[]; readonly onClose: () => void };

export function Palette({ pages, onClose }: Props) {
  useFocusBack();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const { groups, isReading, error } = useFound(query, pages);
  const entries = groups.flatMap((group) => group.entries);
  const active = entries[Math.min(chosen, entries.length - 1)];
  const optionId = (entry: Entry) => `${list}-${entry.id}`;
  const choose = useChoose(onClose);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && entries.length > 0) {
      event.preventDefault();
      const next = (Math.min(chosen, entries.length - 1) + step + entries.length) % entries.length;
      setChosen(next);
      document.getElementById(optionId(entries[next] as Entry))?.scrollIntoView({ block: "nearest" });
    }
    if (event.key === "Enter" && !event.nativeEvent.isComposing && active !== undefined) {
      event.preventDefault();
      choose(active);
    }
  };
  return (
    <Modal.Root opened onClose={onClose} size="lg" yOffset="10vh" transitionProps={{ duration: 0 }}>
      <Modal.Overlay />
      <Modal.Content aria-label={text.name} classNames={{ content: classes.content }}>
        <div className={classes.head}>
          <Icon name="search" />
          <input
            role="combobox"
            aria-label={text.name}
            aria-expanded={entries.length > 0}
            aria-controls={list}
            aria-autocomplete="list"
            {...(active === undefined ? {} : { "aria-activedescendant": optionId(active) })}
            className={classes.input}
            placeholder={text.placeholder}
            value={query}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            onKeyDown={onKeyDown}
            onChange={({ currentTarget: { value } }) => {
              setQuery(value);
              setChosen(0);
            }}
          />
          <CloseButton aria-label={text.close} onClick={onClose} />
        </div>
        {error !== null && (
          <p role="alert" className={classes.failed}>
            {text.failed} {sentenceOf(error)}
          </p>
        )}
        <div role="listbox" id={list} aria-label={text.results} className={classes.list}>
          {groups.map((group) => (
            <Found key={group.kind} {...{ group, active, optionId, choose }} />
          ))}
        </div>
        <p role="status" className={classes.foot}>
          {said(query, entries.length, groups, isReading)}
        </p>
      </Modal.Content>
    </Modal.Root>
  );
}

type FoundProps = {
  readonly group: Group;
  readonly active: Entry | undefined;
  readonly optionId: (entry: Entry) => string;
  readonly choose: (entry: Entry) => void;
};

function Found({ group: { kind, entries }, active, optionId, choose }: FoundProps) {
  const heading = useId();
  return (
    // biome-ignore lint/a11y/useSemanticElements: options of a listbox are in no fieldset
    <div role="group" aria-labelledby={heading}>
      <div id={heading} role="presentation" className={classes.heading}>
        {text.groups[kind]}
      </div>
      {entries.map((entry) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard stays in the field, which has the option do what it does
        <div
          key={entry.id}
          id={optionId(entry)}
          role="option"
          tabIndex={-1}
          aria-selected={entry === active}
          {...(isHindered(entry) ? { "aria-disabled": true } : {})}
          className={classes.option}
          onClick={() => choose(entry)}
        >
          <Icon name={entry.icon} />
          <span className={classes.label}>{entry.label}</span>
          <span className={classes.hint}>{entry.hint}</span>
        </div>
      ))}
    </div>
  );
}

const isHindered = ({ doing }: Entry) => doing !== undefined && doing.obstacle !== null;

function said(query: string, count: number, groups: readonly Group[], isReading: boolean): string {
  if (isReading) return text.reading;
  if (query.trim() === "") return text.keys;
  if (count === 0) return text.none(query.trim());
  return groups.some(({ hasMore }) => hasMore) ? text.notAll : text.found(count);
}

/** What is typed is shown at once, what it finds as soon as it is found. */
function useFound(query: string, pages: readonly Page[]) {
  const servers = useQuery(serversQuery);
  const drives = useQuery(drivesQuery);
  const images = useQuery(standardQuery);
  const resources = useQuery(resourcesQuery);
  const lists = [servers, drives, images, resources];
  const recent = useMemo(recentIds, []);
  const wanted = useDeferredValue(query);
  const groups = useMemo(() => {
    const known = {
      ...{ pages, servers: servers.data ?? [], drives: drives.data ?? [] },
      ...{ images: images.data ?? [], resources: resources.data ?? [] },
    };
    return find(wanted, known, recent);
  }, [wanted, pages, servers.data, drives.data, images.data, resources.data, recent]);
  return {
    groups,
    isReading: lists.some(({ isPending }) => isPending),
    error: lists.find(({ error }) => error !== null)?.error ?? null,
  };
}

/** Goes there, or does it. What cannot be done now stays where it is, with its reason. */
function useChoose(onClose: () => void): (entry: Entry) => void {
  const navigate = useNavigate();
  const client = useQueryClient();
  return ({ id, place, doing }) => {
    if (place !== undefined) {
      noteRecent(id);
      onClose();
      void navigate(place as NavigateOptions);
    }
    if (doing === undefined || doing.obstacle !== null) return;
    const { action, server } = doing;
    onClose();
    const done = async () => {
      try {
        await act(action, server);
        tell(servers.done[action]);
      } catch (error) {
        tellFailure(servers.failed(servers.actions[action]), error);
      }
      await noteChange(client);
    };
    void done();
  };
}
