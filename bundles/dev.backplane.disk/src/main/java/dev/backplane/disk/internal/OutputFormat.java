package dev.backplane.disk.internal;

/** For whom a command's answer is written. */
enum OutputFormat {
    /** For people. */
    human,
    /** For programs. */
    json
}
