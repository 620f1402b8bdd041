/** Sentences of the server and the command line, as ICU messages. zh-CN/server.ts has the same keys. */
export const server = {
  ready: 'Reveille is ready on {address}',
  readyInNetwork:
    'Everyone in your network reaches it at {addresses} and has to sign in. Without HTTPS, what is sent there can be listened to, and phones cannot scan with the camera: see “In the shop’s network” in server/README.md.',
  signInLink: 'Sign in here (valid for 15 minutes, once): {link}',
  makingDemo: 'First start: making the workspace “demo” with invented data…',
  finishingDemo: 'The last start ended while it made the workspace “demo”: making it again…',
  demoMade: 'The workspace “demo” has {members, number} members and {orders, number} orders.',
  stopping: 'Finishing…',
  building: 'Building the dashboard…',
  portInvalid: '{port} is not a port. Give a number from 1 to 65535: --port 4100',
  hostInvalid:
    '{host} is not an IP address. Give one of this machine, or 0.0.0.0 for all of its networks: --host 0.0.0.0',
  hostNotHere:
    'This machine does not have the address {host}. Give one of its own, or 0.0.0.0 for all of its networks: --host 0.0.0.0',
  portInUse:
    'Port {port} is in use by another program. Stop it, or choose another port: npm start -- --port {other}',
  portForbidden: 'The system does not allow port {port}. Choose one above 1024: npm start -- --port 4100',
  folderUnwritable:
    'The data folder {folder} cannot be written ({reason}). Give this user the right to write there, or choose another: --data DIR',
  diskFull: 'The disk that holds {folder} is full. Make room on it, then repeat the command.',
  folderNotAFolder: '{folder} is a file, not a folder. Choose another data folder: --data DIR',
  folderInUse:
    'The data folder {folder} is held by another process (a Reveille server on port {port}, process {pid}). Stop that process, or choose another folder: --data DIR',
  folderBusy:
    'The data folder {folder} is held by a Reveille command that is still running, or a server that is just starting. Wait until it is done and start again, or choose another folder: --data DIR',
  engineInUse:
    'The file {file} is open in another process. Close the program that has it open, then start again.',
  storeDamaged:
    'The file {file} is damaged and cannot be read. Restore your last backup into an empty folder: npx reveille restore FILE --data DIR',
  engineDamaged:
    'The workspace file {file} is damaged and cannot be read. Restore your last backup into an empty folder: npx reveille restore FILE --data DIR',
  storeNewer:
    'The data folder {folder} was written by a newer Reveille. Update this one with git pull, then start again.',
  waiting: 'Another Reveille command is using {folder}; waiting for it…',
  ownerName: 'Owner',
  cancelled: 'Cancelled.',
  unexpected:
    'Something unexpected went wrong: {reason}. If it happens again, report it with the command you ran.',
  noAnswer: 'The Reveille server on port {port} stopped answering. Start it again, then repeat the command.',
  workspaceMade: 'The workspace “{name}” is ready.',
  backedUp: 'Saved {workspaces, plural, one {# workspace} other {# workspaces}} to {file} ({bytes}).',
  restored:
    'Restored {workspaces, plural, one {# workspace} other {# workspaces}} into {folder}. Start with: npm start -- --data {folder}',
  backupExists: 'The file {file} exists already. Choose another name for the backup.',
  backupUnwritable: 'The backup cannot be written to {file} ({reason}). Choose another place.',
  backupMissing: 'There is no file {file}. Check the name of the backup.',
  backupDamaged:
    'The file {file} is not a whole Reveille backup ({reason}). Nothing was restored; use another backup.',
  backupNewer:
    'The backup {file} was made by a newer Reveille. Update this one with git pull, then restore again.',
  listDamaged:
    'The file {file} is no deletion list, or a damaged one. Put the one of the last backup in its place, then start again.',
  listMissing: 'There is no file {file}. Nothing was restored; check the name of the deletion list.',
  restoredDeletions:
    '{deletions, plural, one {# deletion} other {# deletions}} of members will be applied again at the next start.',
  restoredWithoutList:
    'No deletion list was given. If members were deleted after the backup was made, restore it into another empty folder with the list of the old one: --deletions DIR/deletions.json',
  folderNotEmpty:
    'The data folder {folder} is not empty. Restore into a new one, so that nothing is overwritten: --data DIR',
} as const
