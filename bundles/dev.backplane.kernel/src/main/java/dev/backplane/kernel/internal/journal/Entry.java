package dev.backplane.kernel.internal.journal;

import java.util.Map;
import java.util.TreeMap;

/** An entry of a recording. */
sealed interface Entry {
    /**
     * What the machine was; the first entry.
     *
     * @param machine what a replay must find the same, by name, for people
     * @param seed what random numbers are made from
     * @param wallSeconds wall-clock time at the clock's zero, since 1970
     * @param wallNanos its fraction of a second
     * @param hashEvery instructions between two hashes
     */
    record Head(Map<String, String> machine, byte[] seed, long wallSeconds, int wallNanos, long hashEvery)
            implements Entry {
        /** Sorts the names. */
        public Head {
            machine = new TreeMap<>(machine);
        }
    }

    /** Something that happened between two turns of the vCPUs, or ended one. */
    sealed interface Event extends Entry {
        /** The turn before which it happened, from 0. */
        long turn();

        /** How many instructions had been executed. */
        long instructions();
    }

    /**
     * Bytes that reached a device.
     *
     * @param console the console's bay
     */
    record Input(long turn, long instructions, String console, byte[] bytes) implements Event {}

    /** The machine had got so far, so that a recording that is cut off can be replayed until here. */
    record Mark(long turn, long instructions) implements Event {}

    /** The state of vCPUs, memory and board. */
    record Hash(long turn, long instructions, byte[] hash) implements Event {}

    /**
     * The machine's end.
     *
     * @param hash of the state of everything
     * @param reason for people
     */
    record End(long turn, long instructions, byte[] hash, String reason) implements Event {}

    /** The machine went on, but what happened then is not recorded. */
    record Cut(long turn, long instructions, String reason) implements Event {}
}
