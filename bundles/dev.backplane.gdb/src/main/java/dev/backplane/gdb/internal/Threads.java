package dev.backplane.gdb.internal;

import dev.backplane.api.debug.RunMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** vCPUs as gdb's threads: number n is thread n + 1. */
final class Threads {
    private final int count;
    /** Where registers and memory are read. */
    private int current;
    /** What {@code c} and {@code s} are for, -1 for all. */
    private int running = -1;

    Threads(int count) {
        this.count = count;
    }

    int current() {
        return current;
    }

    void current(int vcpu) {
        current = vcpu;
    }

    static String id(int vcpu) {
        return Integer.toHexString(vcpu + 1);
    }

    /** {@code m1,2}: all of them. */
    String list() {
        return IntStream.range(0, count).mapToObj(Threads::id).collect(Collectors.joining(",", "m", ""));
    }

    /** A vCPU's number; -1 for all; the current one for any. Fails with {@link IllegalArgumentException}. */
    int parse(String id) {
        if (id.equals("-1")) {
            return -1;
        }
        int number = Integer.parseInt(id, 16);
        if (number < 0 || number > count) {
            throw new IllegalArgumentException(id);
        }
        return number == 0 ? current : number - 1;
    }

    /** {@code Hg1}, {@code Hc-1}. */
    void select(String operation) {
        int vcpu = parse(operation.substring(1));
        if (operation.charAt(0) == 'c') {
            running = vcpu;
        } else if (vcpu >= 0) {
            current = vcpu;
        }
    }

    /** {@code c} or {@code s} without threads. */
    List<RunMode> all(boolean step) {
        if (!step) {
            return Collections.nCopies(count, RunMode.RUN);
        }
        List<RunMode> modes = new ArrayList<>(Collections.nCopies(count, RunMode.STAY));
        modes.set(running < 0 ? current : running, RunMode.STEP);
        return modes;
    }

    /** {@code s:1;c}: the first action that names a thread, or all, is its. Null where it is nothing that can be done. */
    @Nullable
    List<RunMode> actions(String text) {
        List<RunMode> modes = new ArrayList<>(Collections.nCopies(count, RunMode.STAY));
        boolean[] decided = new boolean[count];
        for (String action : text.split(";")) {
            int colon = action.indexOf(':');
            int vcpu = colon < 0 ? -1 : parse(action.substring(colon + 1));
            RunMode mode = switch (action.isEmpty() ? ' ' : action.charAt(0)) {
                case 'c', 'C' -> RunMode.RUN;
                case 's', 'S' -> RunMode.STEP;
                default -> null;
            };
            if (mode == null) {
                return null;
            }
            for (int n = 0; n < count; n++) {
                if ((vcpu < 0 || vcpu == n) && !decided[n]) {
                    decided[n] = true;
                    modes.set(n, mode);
                }
            }
        }
        return modes;
    }
}
