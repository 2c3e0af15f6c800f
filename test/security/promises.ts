/** The tests that show each promise of `docs/security.md`, by its number; held by `scripts/check/promises.ts`. */

/** A test as its file writes its name; where names are made for a table of cases, the part that they have in common. */
export type Evidence = readonly [file: string, name: string];

const cloud = (name: string): Evidence => ["test/security.test.ts", name];
const stranger = (name: string): Evidence => ["test/security/strangers.test.ts", name];
const remembered = (name: string): Evidence => ["src/http/credentials.test.ts", name];
const bridged = (name: string): Evidence => ["src/host/network/bridged.test.ts", name];
const abuse = (name: string): Evidence => ["src/host/network/abuse.test.ts", name];
const machine = (name: string): Evidence => ["src/host/network/world.test.ts", name];
const vlan = (name: string): Evidence => ["src/host/network/vlans.test.ts", name];
const pool = (name: string): Evidence => ["src/host/network/pools.test.ts", name];
const guests = (name: string): Evidence => ["test/guest/network.test.ts", name];
const life = (name: string): Evidence => ["test/guest/life.test.ts", name];
const reach = (name: string): Evidence => ["src/host/qemu/reach.test.ts", name];
const reachOfWorker = (name: string): Evidence => ["src/host/volumes/reach.test.ts", name];
const caged = (name: string): Evidence => ["src/host/volumes/cages.test.ts", name];
const lent = (name: string): Evidence => ["src/host/volumes/loans.test.ts", name];
const confined = (name: string): Evidence => ["src/host/qemu/confinement.test.ts", name];
const calls = (name: string): Evidence => ["src/host/process/system-calls.test.ts", name];
const worker = (name: string): Evidence => ["src/host/process/worker.test.ts", name];
const processes = (name: string): Evidence => ["test/security/processes.test.ts", name];
const qmp = (name: string): Evidence => ["src/host/wire/qmp-hostile.test.ts", name];
const drives = (name: string): Evidence => ["test/conformance/drives.test.ts", name];
const images = (name: string): Evidence => ["test/conformance/images.test.ts", name];
const sharing = (name: string): Evidence => ["test/conformance/sharing.test.ts", name];
const resources = (name: string): Evidence => ["test/state/resources.test.ts", name];
const volumes = (name: string): Evidence => ["src/host/volumes/volume-file.test.ts", name];

const fetching = (name: string): Evidence => ["test/conformance/fetch.test.ts", name];
const fetchedOnHost = (name: string): Evidence => ["src/host/volumes/fetch.test.ts", name];
const download = (name: string): Evidence => ["src/download/download.test.ts", name];

const accounts = (name: string): Evidence => ["test/state/accounts.test.ts", name];
const operations = (name: string): Evidence => ["src/operations/worker.test.ts", name];
const trail = (name: string): Evidence => ["src/audit/trail.test.ts", name];
const audit = (name: string): Evidence => ["test/state/audit.test.ts", name];
const funds = (name: string): Evidence => ["test/state/funds.test.ts", name];
const hooks = (name: string): Evidence => ["test/state/webhooks.test.ts", name];
const login = (name: string): Evidence => ["src/accounts/login.test.ts", name];
const commands = (name: string): Evidence => ["test/conformance/accounts.test.ts", name];
const session = (name: string): Evidence => ["test/state/sessions.test.ts", name];
const screen = (name: string): Evidence => ["test/state/screens.test.ts", name];
const sampled = (name: string): Evidence => ["test/state/samples.test.ts", name];
const port = (name: string): Evidence => ["src/host/qemu/serial/ports.test.ts", name];
const ledger = (name: string): Evidence => ["src/billing/ledger.test.ts", name];
const charging = (name: string): Evidence => ["src/billing/charging.test.ts", name];
const money = (name: string): Evidence => ["test/conformance/money.test.ts", name];
const coverage = (name: string): Evidence => ["test/state/coverage.test.ts", name];
const seeds = (name: string): Evidence => ["test/state/seeds.test.ts", name];
const seededGuest = (name: string): Evidence => ["test/guest/seed.test.ts", name];
const limit = (name: string): Evidence => ["test/state/limits.test.ts", name];
const readers = (name: string): Evidence => ["test/state/reader-imagings.test.ts", name];
const rates = (name: string): Evidence => ["src/http/rates.test.ts", name];
const failed = (name: string): Evidence => ["src/http/failed-logins.test.ts", name];
const anonymous = (name: string): Evidence => ["src/http/anonymous-rates.test.ts", name];
const pieces = (name: string): Evidence => ["src/http/pieces.test.ts", name];
const tls = (name: string): Evidence => ["src/http/tls.test.ts", name];
const forwarded = (name: string): Evidence => ["src/http/forwarded.test.ts", name];

export const PROMISES: Readonly<Record<string, readonly Evidence[]>> = {
  S1: [
    cloud("runs each QEMU and the storage daemons as uids of their own, in no other group"),
    processes("no two of them have one uid"),
    caged("a worker and a shared drive's storage daemon have uids that nobody else has, after a restart too"),
    lent(
      "a file that is lent is open to one group, of which nobody else is, and only for what it is lent for",
    ),
    lent("what a daemon that died had lent is taken back by the next one, but for what runs on"),
  ],
  S2: [cloud("gives QEMU, the storage daemons and what images drives no way to privileges")],
  S3: [
    cloud("runs QEMU under a filter of system calls that denies processes, privileges and resource control"),
    confined(
      "its filters, QEMU's and ours, end the process that does what it may not, and not a thread of it",
    ),
    calls("each call that is denied ends the process, and each that is absent is answered so"),
    calls("a process makes threads, and neither processes nor namespaces"),
    calls("of sockets there are those of the machine alone, and those of IP for who needs them"),
    worker("a worker is ended that asks the kernel for what no worker does"),
    processes(" may and sees what it needs alone"),
  ],
  S4: [
    cloud("lets the uid of the drives read nothing of the cloud but them, and that of QEMU not even these"),
  ],
  S5: [
    cloud("has no secret and nothing that a user wrote in the command line or environment of a process"),
    [
      "src/host/qemu/command-line.test.ts",
      "nothing that a user wrote, and no secret, is on the command line",
    ],
    [
      "src/host/process/unnamed-file.test.ts",
      "a process under the uid reads by its descriptor what has no name and is nobody else's",
    ],
  ],
  S6: [
    cloud("ends what images drives with the daemon"),
    [
      "src/host/process/inherited.test.ts",
      "what this process was started with open, no process of its own has",
    ],
    processes("none has open what is not its own"),
  ],
  S7: [
    cloud(
      "lets QEMU open the drives that its server claims alone, a shared one through a storage daemon of its own",
    ),
  ],
  S8: [
    confined("no file that it writes is longer than the longest of its drives, whichever it writes to"),
    cloud("bounds a server's CPU from its start on"),
    confined("a server's memory and threads are bounded from its start on, and the groups go with it"),
    caged("is killed where it takes more memory than it may, and what takes less is not"),
    caged("is refused threads beyond a bound"),
    caged("each storage daemon is in groups of its own, for as long as it is there"),
    processes("what works on drives is in control groups of its own"),
    life("is throttled live by a bandwidth limit in core MHz"),
    ["test/state/lifecycle.test.ts", "memory is allocated from the start to the end, whatever ends it"],
  ],
  S9: [
    ["src/images/sealed-file.test.ts", "a sealed file"],
    ["src/drives/claims.test.ts", "a standard image as a disk"],
    ["src/host/volumes/attachment.test.ts", "a cdrom is opened for reading alone"],
  ],
  S10: [
    bridged("nothing is left of one that is closed without servers"),
    [
      "src/host/network/closed-namespace.test.ts",
      "nobody is reached: not the world, the machine, its metadata, a guest or another's screen",
    ],
    [
      "test/security/screens.test.ts",
      "keeps no other's screen from being opened, reaches none, and sees nothing of others",
    ],
    ["src/host/network/dhcp.test.ts", "has a uid of its own, two capabilities, no groups"],
  ],
  S11: [
    ["src/host/network/spoofing.test.ts", "its own alone pass"],
    [
      "src/host/network/counting.test.ts",
      "what a guest sends and what is answered are counted to the byte of their IP packets, and nobody else's",
    ],
    bridged("a guest cannot take another address or another MAC"),
    guests("send nothing from an address that is not theirs: neither a free one nor another guest's"),
    abuse("teaches it no MAC but its own, be it by frames to all or to the groups of a link"),
    abuse("gets nothing past the rules in a frame to the groups of a link"),
  ],
  S12: [
    bridged("two guests reach each other by way of the gateway"),
    bridged("what a guest sends to another's MAC, or to everybody, does not reach another guest"),
    abuse("that looks for whom there is not fills the kernel's table of neighbours with nobody"),
    abuse("that storms with ARP, or with DHCP, is heard so often and no more, and others are answered"),
  ],
  S13: [
    bridged("port 5900 of the VNC address leads to QEMU's, for the machine and for guests"),
    [
      "src/host/qemu/server-host.test.ts",
      "a screen listens from the moment it has a password until it has none",
    ],
  ],
  S14: [
    vlan("leads to no other VLAN, to no guest's NIC 0 and not to the host"),
    guests("reach each other in a VLAN, and nobody beyond it"),
  ],
  S15: [
    vlan("carries frames of any kind, of guests that bridge, too"),
    vlan("is not filled with MACs that a guest makes up, and goes on for the others"),
  ],
  S16: [pool("does not go round in circles where no server has it")],
  S17: [
    bridged("a guest does not reach link-local addresses beyond the machine"),
    machine(
      "a guest reaches no service, neither at the uplink's address, nor its own, nor one that came later",
    ),
    machine("a guest reaches no port that the machine leads on elsewhere, as a container's"),
    machine("a guest reaches the ports that the operator named, by the protocol that they named"),
  ],
  S18: [
    [
      "test/guest/vnc-tls.test.ts",
      "with a certificate its password changes live, too, and the key lies in no file of the server's",
    ],
  ],
  S19: [
    cloud("keeps of a user's secret its hash alone"),
    login("a key opens its account with its secret alone"),
  ],
  S20: [
    stranger("is not told whether the user or the secret is wrong"),
    ["test/security/inner-faults.test.ts", "no command tells of the machine"],
    ["scripts/check/sentences.test.ts", "in a sentence of an error is found"],
  ],
  S21: [
    remembered("a header that passed is remembered for five seconds, and not a moment longer"),
    remembered("a refusal is not remembered, and what is remembered is the very header"),
    remembered("a header is remembered no longer than its key opens anything"),
    remembered("what is remembered of a user is forgotten at once when their account changes"),
    remembered("what changed while it was verified is not remembered"),
    accounts("a key that ends opens nothing any more from the answer on, however often it was just used"),
  ],
  S22: [
    stranger("is told of another's object under"),
    stranger("as by one that is not there"),
    stranger("sees nothing of another's in any list, and the owner's objects are as they were"),
  ],
  S23: [images("are read by every user, and are in nobody's own lists")],
  S24: [
    drives(
      "another user's drive reads as absent, until readers let them read it, and then they may not change it",
    ),
    sharing("a reader reads the very bytes"),
  ],
  S25: [
    sharing("a reader sees of a claimed drive neither its claims nor other readers"),
    sharing("list and info of all show nobody the drives that they may read alone"),
  ],
  S26: [sharing("read at once, and nobody else")],
  S27: [
    resources(
      "an address that was given back is another user's, and its first user cannot touch it any more",
    ),
  ],
  S28: [
    stranger("is refused one bad key among good ones, and nothing is changed"),
    ["src/base/one-line.test.ts", "a separator of lines, is not"],
    ["test/conformance/drive-rows.ts", "a number with zeroes in front is 400 usage"],
  ],
  S29: [
    cloud("answers what a user wrote as they wrote it, and runs none of it"),
    ["test/security/words.test.ts", "is repeated on one line, cut short"],
  ],
  S30: [
    ["scripts/check/patterns.test.ts", "slower than its input is long"],
    stranger("is held to the bounds of a request"),
    sharing("more than a hundred"),
    resources("what a resource keeps is bounded, however many requests it comes in"),
  ],
  S31: [
    [
      "src/host/volumes/transfer.test.ts",
      "of a write so many bytes and requests are in flight and no more, however fast it comes",
    ],
    drives("is all there, or changes nothing when it does not fit"),
    ["test/hostile/memory.test.ts", "answers another user meanwhile"],
    ["src/base/fair-shares.test.ts", "one alone gets a half, the next a half of what is left"],
    [
      "src/http/answer-bytes.test.ts",
      "a caller whose share is taken up is told to wait, and another is served",
    ],
    ["src/http/answer-bytes.test.ts", "who takes nothing for too long is cut, and what they held is free"],
    ["src/http/answer-bytes.test.ts", "who takes a little now and then is cut as well"],
    ["src/http/body/content.test.ts", "is told so by 408, and the connection ends"],
    [
      "src/http/in-order.test.ts",
      "of more than may wait the first are answered, and the connection ends with them",
    ],
    ["src/http/body/gzip.test.ts", "members without end that hold nothing are refused"],
    ["src/http/body/kept-body.test.ts", "the file of a body is in the home and has no name"],
    ["src/http/connections.test.ts", "an address has a half of the connections"],
  ],
  S32: [
    cloud("shows on the disk nothing of what was written on an encrypted drive"),
    cloud("gives each drive a key of its own, kept wrapped alone"),
  ],
  S33: [
    [
      "src/base/keyring.test.ts",
      "a wrapped secret is bound to its drive: under another's uuid it does not open",
    ],
    [
      "src/base/keyring.test.ts",
      "a wrapped secret does not open with another master key, nor with any byte of it changed",
    ],
  ],
  S34: [
    cloud("keeps secrets, the database and drives in files for their owners alone"),
    ["src/store/store.test.ts", "the home remembers its database in a file for its owner alone"],
    ["src/operator/operator.test.ts", "the socket is for nobody but its owner"],
    [
      "test/start-home.test.ts",
      "is closed to them at the next start, and the log and lodge status say what was open to whom",
    ],
  ],
  S35: [
    ["test/state/keys.test.ts", "a drive's key is gone before its host begins to destroy the drive"],
    [
      "test/state/keys.test.ts",
      "what a row held is in none of the database's files once the store is closed",
    ],
    [
      "test/state/keys.test.ts",
      "a drive's key is in none of the database's files within moments of its destruction, while the daemon runs",
    ],
    [
      "src/store/sqlite/full-disk.test.ts",
      "what a transaction erased is in none of the database's files within moments, also on a full disk",
    ],
  ],
  S36: [
    volumes("is on stable storage before it has its name, and its name before anybody is told"),
    volumes("the removal of a volume, and its new size, are on stable storage before anybody is told"),
    [
      "src/images/sealed-file.test.ts",
      "a filling is on stable storage before it is an image's file, and that before anybody is told",
    ],
    volumes("a staging volume is on stable storage before it takes the place of"),
  ],
  S37: [
    [
      "test/backup.test.ts",
      "a backup of a cloud that runs is restored into an empty home, where its passphrase opens the drives",
    ],
    ["test/backup.test.ts", "a backup without keys says so, and has none"],
    ["src/rekey.test.ts", "a new master key opens every drive's key, and the old one none"],
    ["src/rekey.test.ts", "what the old key opens is in none of the database's files within moments"],
    ["src/master-key.test.ts", "a command gives the master key, and no file of the home does"],
  ],
  S38: [
    ["src/operator/operator.test.ts", "the socket is for nobody but its owner"],
    ["src/operator/operator.test.ts", "who is not its owner cannot connect to the socket"],
  ],
  S39: [
    ["test/state/idempotency.test.ts", "with another user's key makes an object of its own"],
    ["test/conformance/repeats.test.ts", "with a key makes one object, and tells when that is gone"],
  ],
  S40: [
    limit("as its limit says, and another has its own"),
    readers("an account has a bounded number of imagings queued and under way"),
    ["src/api/attributes.test.ts", "an object keeps 64 KiB of keys and values, and not a byte more"],
  ],
  S41: [
    limit("no account takes a pool of static addresses to its end while another has fewer"),
    limit("no account's servers take all temporary addresses while another has fewer"),
  ],
  S42: [
    rates("an account that asks too often is told when to come again, and others are answered"),
    rates("an account that makes too much may make no more, and everything else"),
    rates("an account that moves too much may ask again once that was made up for"),
  ],
  S43: [
    pieces("a long list is made as its caller takes it, and meanwhile others are answered"),
    pieces("four lists of a user are under way at once, and the fifth waits for one of them"),
    ["test/state/long-lists.test.ts", "many large objects are read in small pages"],
  ],
  S44: [
    failed("an address may fail so often in a minute, whatever names it gives"),
    failed("an account may be failed at so often in a minute, from whatever addresses"),
    rates("who has the right key is answered at once, whatever fails from their address"),
    anonymous(" requests a minute are answered at a rate of 10"),
    anonymous("questions of health are answered whatever else comes from their address, and bounded as well"),
    anonymous(" too often is answered 429, and with credentials as before"),
    anonymous("however many addresses come, no more is remembered than a table of one size holds"),
  ],
  S45: [
    readers("keeps no owner from a"),
    readers("a reader's job that begins just before a write is ended too"),
    readers("is recorded with the"),
  ],
  S46: [
    reach("reaches nothing of others, of the machine, or of itself without bound"),
    reach(
      "reaches no more where its server shares a drive: that drive, and none of those that others use or share",
    ),
    reach("would be seen to reach each of these: by a probe without a sandbox, all are reached"),
    reach("all of this holds where Lodge is a plain user's, as far as the machine lets them have views"),
    reachOfWorker("reaches nothing of others, of the machine, or of itself without bound"),
    reachOfWorker("reaches nothing of others by its uid and groups alone, where it is in no sandbox"),
    reachOfWorker("would be seen to reach each of these: run by root, the probe reaches all"),
    ["src/host/volumes/hostile-file.test.ts", " leads nobody to that"],
    reach("finds no passphrase at the descriptors of another, whoever it is: it was read and is gone"),
    confined("its sockets are sealed before its guest runs, and the kernel takes it before others"),
  ],
  S47: [
    ["test/monitoring.test.ts", "metrics are told at the admin's address alone, and tell nothing of users"],
    ["test/monitoring.test.ts", "the admin's address is one of loopback where only a port was said"],
    [
      "src/settings.test.ts",
      "metrics are told nowhere by default, and where a port alone is said, on loopback",
    ],
    ["src/metrics/exposition.test.ts", "none tells who or what they are"],
    ["src/metrics/exposition.test.ts", "two scrapes at once find everything out once"],
    ["src/metrics/admin-listener.test.ts", "it has so many connections and no more"],
    ["src/http/health.test.ts", "however many ask at once whether it is ready, the store is asked once"],
  ],
  S48: [
    [
      "src/settings.test.ts",
      "in clear Lodge listens on a loopback address alone, unless it is said that it may",
    ],
    tls("requests are answered by HTTP/1.1 over TLS 1.2 and 1.3, and nothing else is spoken"),
    tls("a certificate that is replaced is taken, one that cannot be used is not, and the log says so"),
  ],
  S49: [
    tls("a handshake that does not come to an end is cut, though its bytes drip on"),
    tls("an address has so many handshakes at once, and others have theirs meanwhile"),
    tls("an address has so many handshakes in a minute, and others have theirs"),
  ],
  S50: [
    forwarded("a proxy that is trusted says whom it speaks for, and nobody else is believed"),
    forwarded("one address behind a proxy does not take all requests that it can carry"),
  ],
  S51: [
    qmp("a line that does not end costs no more than the longest line that there is"),
    qmp("an answer of another form than QEMU's is nonsense, which is said without its words"),
    qmp("a flood of events is looked at up to a bound, and answers are heard among them"),
    qmp("a peer that never ends is read at a bounded rate, and what else there is to do is done"),
    ["src/host/qemu/adoption.test.ts", "costs a start no more than itself, and can be ended"],
    ["src/host/qemu/lasting-qmp.test.ts", "one who greets and hangs up is asked less and less often"],
    ["src/host/qemu/monitor.test.ts", "a flood of events has the state looked at twenty times a second"],
    ["src/host/wire/nbd-hostile.test.ts", "a server that says a byte now and then is given up"],
    ["src/host/volumes/stuck.test.ts", "is ended, said, and another one takes its place"],
    ["test/fuzz/fuzz.test.ts", "ends in time, as it should, and leaves no memory taken"],
  ],
  S52: [
    [
      "test/uncaught.test.ts",
      "a daemon starts and serves while exceptions are thrown that nobody catches, and says so",
    ],
    ["src/host/qemu/adopt.test.ts", "is skipped and said, at each start"],
    [
      "src/http/uncaught-request.test.ts",
      "a change whose rest throws where nobody catches it is answered 500",
    ],
    ["src/operations/worker-uncaught.test.ts", "throws where nobody catches it fails, and others go on"],
  ],
  S53: [
    commands("opens that, and 404 missing tells its owner what else it does not"),
    login("a key has expired from the very second that it names"),
    login("a key whose scope is damaged opens nothing"),
    accounts("a key makes, changes and ends no key that opens more than itself, nor does one outlive it"),
    accounts("the last key that opens everything is not ended, nor given an end"),
  ],
  S54: [
    commands("a command for admins is answered to all others as one that is not there, by every method"),
    stranger("is told of another's account under X-Elastic-User what is told of none, whatever they ask"),
    accounts(
      "who acts as another has what is theirs and no more than they may, and nobody but an admin does",
    ),
    accounts("an admin who is suspended, or a user again, is told of no accounts from then on"),
    accounts("the last admin is not suspended, closed or made a user"),
    accounts("of two admins who unmake each other at once one is refused, though a third is left"),
    accounts("what an admin asked for is not done once they are none any more, or their key has ended"),
  ],
  S55: [
    audit("nor its event is there alone, wherever the daemon is cut off"),
    audit("what an admin reads and changes of another's is in both trails"),
    audit("what is older than the operator says goes, and nothing else does"),
    audit("no secret is in the trail"),
  ],
  S56: [
    limit("what a start names that is gone is told before its account's limits"),
    accounts("the keys of all drives go before it is waited for the file of any"),
    accounts("transactions is finished by the next daemon"),
    accounts("has no guest killed sooner or later than after five minutes"),
    accounts("a suspension asks eight servers at once, however many there are"),
    operations(
      "operations on accounts and ends of drives, eight at once, keep none on others' servers and drives waiting",
    ),
  ],
  S57: [
    trail("of a command so many a day are events, then one an hour, whether they change the store or not"),
    trail("a flood of one command hides nothing of another command, of another account or of an admin's"),
    trail("a write stands for those of the minute after it that are like it"),
    trail("of the writes that cannot be recorded an account has a bounded number in memory"),
  ],
  S58: [
    session("a session that was just used opens nothing from the moment at which"),
    session("a session whose key ends by itself ends with that"),
    session("a session ends by itself when nobody has used it for twelve hours, and not while somebody does"),
    session("a session opens what its key opens, and ends none that opens more"),
    session("an account has fifty sessions: of more, the one that was used longest ago ends"),
  ],
  S59: [
    session("a cookie where "),
    session("bytes are written by a page of this origin as bytes, and not as what a form sends"),
    session("where a browser speaks TLS its cookie is for this host alone, and never sent in clear"),
    session("who asks with a key is who the key says, whatever cookie comes along"),
  ],
  S60: [
    session("a code begins one session, whoever comes with it at once, and opens nothing else"),
    session("of two who were let in with one code before either began a session, one has it"),
    session("a code is over after ten minutes, with its key and its account, and an account has ten"),
  ],
  S61: [
    screen("a ticket is good once, and nobody else's, nor what was never one, is"),
    screen("who looks with a session looks no more from when"),
    screen("who looks in another's place looks no more once they are no admin"),
    screen("a page of another origin does not look, whatever ticket it has, and one of this origin does"),
    screen("a ticket shows a server's screen, byte for byte in both directions, and that is in the trail"),
  ],
  S62: [
    screen("a server that sends more than is taken waits, and is in memory a mebibyte at most"),
    screen("text is refused, and so is a message without an end"),
    screen("eight look at a server at once, and the ninth when one of them has left"),
    screen("an account has sixteen tickets that were not used: of more, the oldest is none"),
    ["src/http/door.test.ts", "does not answer is gone at the second ping"],
  ],
  S63: [
    [
      "test/guest/console.test.ts",
      "leaves the server's own VNC as it is: open with its password alone, and closed without one",
    ],
  ],
  S64: [
    [
      "src/http/console.test.ts",
      "a page of the console may do what the console does, and nobody may frame it",
    ],
    ["src/http/console.test.ts", "until the console is built its address says so, guarded as pages are"],
    ["src/console/site.test.ts", "what is listed is found, any page's path is the page"],
    ["src/console/site.test.ts", "until it is built there is none; a build that is none is told"],
    ["src/console/site.test.ts", "a build that inflates to more than a console may be is none"],
    ["console/test/servers.test.ts", "a name that is a script is a name"],
  ],
  S65: [
    sampled("samples are their owner's alone: to anybody else there is no such server"),
    sampled("the samples of a destroyed server go, those that are not stored yet too"),
  ],
  S66: [
    sampled(
      "a QEMU that does not answer costs its own samples alone, and a short silence is spread over its minutes",
    ),
    sampled("a counter that goes back makes a gap"),
    sampled("whatever is asked for, so many rows are answered and no more"),
    sampled("on a full disk samples are held for an hour, which is said once, and commands go on"),
    ["src/samples/row.test.ts", "what is kept of a server takes half a megabyte at most"],
    [
      "src/samples/sample.test.ts",
      "samples of the same step are added, and an amount that no number holds is the most that one does",
    ],
  ],
  S67: [
    ledger("no entry of the ledger can be changed or removed"),
    ledger("an hour of a resource is charged once, and a reference of an account used once"),
    charging("a daemon that is killed at any transaction charges each hour once, as one that is not"),
    money("a subscription that is repeated with its Idempotency-Key is charged once"),
  ],
  S68: [
    ["test/conformance/money-rows.ts", "of another's subscription is 404 missing"],
    ["test/conformance/money-rows.ts", "no account credits itself"],
    coverage("of two who start the last server that is covered at once, one is refused"),
    coverage("of two who subscribe with the last of a balance at once, one is refused"),
  ],
  S69: [
    hooks("what is done with drives, servers and accounts is told in its order, signed"),
    hooks(
      "a hook that is slow keeps no other, is told of few accounts at once, and does not keep the daemon",
    ),
    hooks("what one account brings about waits for a hook up to a bound"),
    hooks("the log goes in time and beyond its bound, never what waits"),
    ["src/webhooks/post.test.ts", "is not followed"],
    ["src/webhooks/post.test.ts", "a hook that does not answer is given up at the deadline"],
    ["src/webhooks/post.test.ts", "of an answer without end no more is read than may be"],
    ["src/rekey.test.ts", "the secret of a webhook follows a new master key"],
  ],
  S70: [
    [
      "src/accounts/funds/rule.test.ts",
      "whatever happens and however long nobody looks, nothing is done without its warnings and their time",
    ],
    funds("wherever the daemon dies on the way to a suspension and a destruction"),
    funds("nothing is destroyed whose warnings nobody took; once they did, their days are waited for"),
    funds("a daemon that was away over grace and keep warns first"),
    funds("a credit that comes as drives are being destroyed keeps those that are left"),
  ],
  S71: [
    [
      "src/metering/crowded.test.ts",
      "many spans of an hour are told and charged as few are, and few are read at a time",
    ],
    [
      "src/metering/crowded.test.ts",
      "an account of many spans that is behind catches up, few of them read at a time",
    ],
    [
      "src/billing/invoices.test.ts",
      "an invoice of thousands of entries is of all of them, added up in parts",
    ],
  ],
  S72: [
    [
      "test/state/changes.test.ts",
      "nobody is told of another's objects, nor an admin but in another's place, which is on record",
    ],
    [
      "test/state/audit.test.ts",
      "the trail is answered by object, and backwards from any event, each account's own",
    ],
  ],
  S73: [
    [
      "src/http/streams.test.ts",
      "streams are half of all connections at most, and one account has sixteen of them",
    ],
    [
      "test/state/changes.test.ts",
      "an account has sixteen streams at most, whoever else has none left for it; one that is left makes room",
    ],
    [
      "src/http/streams.test.ts",
      "who takes nothing is cut, and of what they do not take one page is in memory",
    ],
    [
      "src/http/streams.test.ts",
      "a stream ends by itself after a while, whole, so that its caller comes again",
    ],
    [
      "test/state/changes.test.ts",
      "of one account a thousand are kept, and its next transaction leaves no more",
    ],
  ],
  S74: [
    ["test/state/changes.test.ts", "a stream ends once its key is gone, and once its session is"],
    [
      "src/api/let-in.test.ts",
      "who is let in no more is withdrawn though nobody heard of it, within a minute",
    ],
  ],
  S75: [
    seeds("user data is answered to nobody but by its size, and in the store it is wrapped alone"),
    seededGuest(
      "what is secret is in no log, no command line, no file of the home, and no file that goes on being there",
    ),
    [
      "src/servers/user-data.test.ts",
      "it is kept wrapped, for its own server, with its length; and unset leaves nothing",
    ],
    ["src/servers/user-data.test.ts", "and repeats nothing of it"],
    [
      "src/rekey.test.ts",
      "the user data of a server follows a new master key, and alone says which key wrapped it",
    ],
    [
      "test/backup.test.ts",
      "a backup with keys has the user data of servers, and one without keys says of a server that it is gone",
    ],
    ["src/host/qemu/seed-cd.test.ts", "why a CD could not be made says nothing of what was to be on it"],
  ],
  S76: [
    ["src/host/qemu/seed-cd.test.ts", "what a CD is made of is there for its server's user alone"],
    ["src/host/qemu/seed-cd.test.ts", "whoever gives it up is told why, and leaves nothing of it"],
    worker("a worker sees the files that it is shown, and its own processes, alone"),
    [
      "src/host/qemu/seed.test.ts",
      "QEMU has the seed's CD open to read alone, in a file of nobody's that has no name",
    ],
  ],
  S77: [
    ["src/servers/seed.test.ts", "the keys are in meta-data, and user-data is the user's own"],
    ["src/servers/seed.test.ts", "is the machine"],
    ["src/servers/ssh-keys.test.ts", "ssh:keys refuses"],
    ["src/servers/ssh-keys.test.ts", "of a private key that was pasted nothing is repeated"],
    ["src/servers/user-data.test.ts", "user-data refuses"],
  ],
  S78: [
    fetching("fetches nothing, and says so before all else"),
    ["test/state/fetch.test.ts", "what waits when the operator allows it no more ends with that reason"],
    ["src/download/judge.test.ts", "is not fetched from"],
    [
      "src/download/judge.test.ts",
      "a public address of a network that the machine is in is not fetched from",
    ],
    ["src/download/own-networks.test.ts", "the networks that routes lead to are the machine's own"],
    [
      "src/host/local.test.ts",
      "nothing is fetched from this machine, by whichever public address it is reached",
    ],
    download("a name that means another address a moment later is connected to where it was judged"),
    download("a redirect to the same name is looked up and judged anew"),
    download("of several addresses of a name those alone are connected to that may be"),
    download("is not followed"),
    fetching("leaves imaging:error, and a drive of zeroes that can be fetched again"),
  ],
  S79: [
    download("a source that takes the connection and says nothing is given up at a deadline"),
    download("preliminary answers without end are given up at the same deadline"),
    download("a source that stalls is gone on with, and ends where it comes too slowly"),
    download("a source that sends a byte now and then ends as too slow"),
    download("all of it has a deadline"),
    download("more headers than it may send end it"),
    download("redirects are followed five times"),
    download("a source that breaks off for ever is asked eleven times"),
    download("a length beyond the bound is full before a byte is taken"),
    fetchedOnHost("ends the job, and the drive reads as zeroes"),
    fetchedOnHost(
      "a source that is lost and cannot go on is fetched again from the start, three times at most",
    ),
  ],
  S80: [
    fetchedOnHost("ends the job, and the drive reads as zeroes"),
    fetchedOnHost("a job that is forgotten in the middle ends at once, and its drive reads as zeroes"),
    fetchedOnHost("a storage daemon that is killed in the middle has it fetched again"),
    ["test/state/fetch.test.ts", "leaves no drive that claims to be done, and the next one fetches it whole"],
    fetching("kill -9 of the daemon has it fetched again from the start, and it is whole then"),
  ],
  S81: [
    fetching("fetches a drive: it holds the content and zeroes behind, and the URL is told nowhere"),
    fetching("the URL is kept wrapped, and not at all once it is done"),
    ["test/state/fetch.test.ts", "what fails leaves its reason, and the URL is kept no longer"],
    ["src/rekey.test.ts", "the URL that a drive is imaged from follows a new master key"],
    download("an error tells no more of a URL than its origin"),
    download("a name that is not there is told in the same words as one that may not be fetched from"),
  ],
  S82: [
    ["test/conformance/cloud.test.ts", "to who is no admin there is no cloud, no host and no pool"],
    commands("a command for admins is answered to all others as one that is not there, by every method"),
    [
      "test/conformance/cloud.test.ts",
      "who reads of hosts, checks and pools is in the trail with the host's name",
    ],
    ["console/test/cloud.test.ts", "a user who is no admin has no page of the cloud, nor a link to one"],
  ],
  S83: [
    [
      "src/base/at-most-every.test.ts",
      "all who ask while it is being found out, and within the time after it, share one answer",
    ],
    [
      "src/host/doctor/examine.test.ts",
      "what cannot be found out is unknown, and is waited for so long and no longer",
    ],
    ["test/conformance/cloud.test.ts", "a host looks at itself once, however many ask within a minute"],
    ["test/state/cloud.test.ts", "a host that does not answer is silent, its row is told all the same"],
  ],
  S84: [
    [
      "console/test/cloud.test.ts",
      "who acts as an account sees and does what is its, on each page of that tab alone, until they stop",
    ],
    ["console/test/cloud.test.ts", "whoever logs in after somebody acted is themselves"],
    [
      "console/test/cloud.test.ts",
      "an account that is closed while somebody acts as it leaves them a way out",
    ],
    ["console/test/cloud.test.ts", "the screen of a server is shown to who acts as its account"],
  ],
  S85: [
    trail(
      "what a page reads again and again of another's is an event in ten minutes, and with a key each time",
    ),
    trail("a page's reading that could not be recorded is not answered, and is recorded the next time"),
  ],
  S86: [
    screen(
      "a ticket for a screen is none for a serial port, nor the other way round, and is used up all the same",
    ),
    screen("a page of another origin has no serial port, whatever ticket it has, nor has who lost their key"),
    screen("a serial port's first message is what was said before, all others what is said then"),
  ],
  S87: [
    port("the last 256 KiB are kept, on twice as much of the disk at most, until the next start"),
    port("what is said last is read after the end, and a server that is destroyed leaves nothing"),
    port("what is not written yet is within a bound, of each server and of all"),
    port("a port of which much came is read late, and few are read at once"),
    [
      "test/guest/serial.test.ts",
      "of a guest that writes as fast as it can costs neither the disk nor the daemon more than its share",
    ],
  ],
  S88: [
    port("a guest that reads nothing holds what the kernel holds, and a piece of each who is there"),
    port("who is too far behind is let go, and others see on"),
    screen("a message to a serial port has 64 KiB at most, and eight look at one"),
  ],
};
