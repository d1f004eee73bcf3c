package dev.backplane.bench.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A machine that can run a job, as a process whose standard output is the guest's first serial port. */
interface Contestant {
    /** What the report calls it. */
    String name();

    /** One of those that the others are compared with. */
    boolean reference();

    /** The command; {@code folder} is there for its files. */
    List<String> command(Job job, Path folder) throws IOException;
}
