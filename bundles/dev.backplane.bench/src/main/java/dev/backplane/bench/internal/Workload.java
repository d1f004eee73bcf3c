package dev.backplane.bench.internal;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What can be measured: the groups of kernels of the freestanding program, those under Linux, and the boot. */
enum Workload {
    INTEGER,
    FLOAT,
    AES,
    STRING,
    LINUX,
    BOOT;

    /** As it is typed. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static List<String> words() {
        return Arrays.stream(values()).map(Workload::word).toList();
    }
}
