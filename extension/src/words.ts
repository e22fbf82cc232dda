// Times, sizes and texts as people read them. Pure.

/** 0.0123 -> "12 ms", 1.234 -> "1.23 s". */
export function duration(seconds: number): string {
  if (seconds < 0.0095) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 100 ? `${seconds.toPrecision(3)} s` : `${Math.round(seconds)} s`;
}

/** Seconds a service has been up -> "3 min", "2 h 5 min". */
export function uptime(l10n: L10n, seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : l10n.t("{0} days", Math.floor(hours / 24));
}

/** Bytes -> "5.2 kB". */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toPrecision(2)} ${units[unit] ?? ""}`;
}

/** The name of a file or folder as the name of a model: letters, digits, dashes, periods and underscores. */
export function suggestedName(path: string): string {
  const last = path.replace(/\/+$/, "").replace(/^.*\//, "");
  return last.replace(/(?<=.)\.[^.]*$/, "").replace(/[^\w.-]+/g, "-").replace(/^[^a-zA-Z0-9]+/, "");
}

/** The editor's translator; handed to what is pure, so that this is tested without an editor. */
export interface L10n {
  t(message: string, ...values: (string | number)[]): string;
}
