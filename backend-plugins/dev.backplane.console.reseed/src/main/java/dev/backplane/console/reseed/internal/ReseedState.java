package dev.backplane.console.reseed.internal;

import dev.backplane.api.state.StateVersion;

/**
 * How far the talk has got.
 *
 * @param there whether the guest has greeted
 * @param due whether it has become another machine, and has not said yet that it knows
 * @param word what it is to say then; empty when it was told nothing yet
 * @param heard what has come of a line of the guest's
 * @param unread bytes that the guest has not taken yet, oldest first
 */
@StateVersion(
        schema = "console-reseed",
        writes = 1,
        reads = {1})
public record ReseedState(boolean there, boolean due, String word, byte[] heard, byte[] unread) {}
