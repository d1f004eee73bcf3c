package dev.backplane.itests.outside;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What Linux may say while it boots, and what it may not: the lists are files beside this class. */
final class LinuxMessages {
    /** A line of {@code dmesg -r}: the priority in its three lowest bits, and the text behind the time. */
    private static final Pattern WITH_PRIORITY = Pattern.compile("<(\\d+)>\\[ *[0-9.]+] (.*)");

    private static final int WARNING = 4;

    private final List<Pattern> complaints = read("linux-complaints.txt", Pattern.CASE_INSENSITIVE);
    private final List<Pattern> warnings = read("linux-warnings.txt", 0);

    private static List<Pattern> read(String name, int flags) {
        try (InputStream in = Objects.requireNonNull(LinuxMessages.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> Pattern.compile(line, flags))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines of a console that say that something is wrong. Those of {@code dmesg -r} among them are known by priority too. */
    List<String> complaints(String console) {
        return console.lines().filter(this::complains).toList();
    }

    private boolean complains(String line) {
        var entry = WITH_PRIORITY.matcher(line.strip());
        String text = entry.matches() ? entry.group(2) : line;
        if (warnings.stream()
                .anyMatch(permitted -> permitted.matcher(withoutTime(text)).matches())) {
            return false;
        }
        return entry.matches() && (Integer.parseInt(entry.group(1)) & 7) <= WARNING
                || complaints.stream()
                        .anyMatch(complaint -> complaint.matcher(text).find());
    }

    /** How many lines carry a priority: none means that nobody asked for them. */
    static long withPriority(String console) {
        return console.lines()
                .filter(line -> WITH_PRIORITY.matcher(line.strip()).matches())
                .count();
    }

    private static String withoutTime(String line) {
        return line.strip().replaceFirst("^\\[ *[0-9.]+] ", "");
    }

    /** Makes sure that the lists find what they are there for. */
    static Stream<String> examples() {
        return Stream.of(
                "[    0.1] tsc: Unable to calibrate against PIT",
                "[    0.1] tsc: Fast TSC calibration failed",
                "[    1.5] clocksource: timekeeping watchdog on CPU0: Marking clocksource 'tsc' as unstable because the skew is too large:",
                "[    1.5] tsc: Marking TSC unstable due to clocksource watchdog",
                "[   28.1] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [swapper/1:0]",
                "[   21.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
                "[  242.7] INFO: task init:1 blocked for more than 120 seconds.",
                "[    0.6] unchecked MSR access error: RDMSR from 0x3a at rIP: 0xffffffff81045f34",
                "[    0.0] ..MP-BIOS bug: 8254 timer not connected to IO-APIC",
                "[    1.0] WARNING: CPU: 0 PID: 1 at kernel/time/timekeeping.c:1",
                "[    1.0] Call Trace:",
                "[   10.0] smpboot: do_boot_cpu failed(-1) to wakeup CPU#1",
                "[   10.0] Kernel panic - not syncing: IO-APIC + timer doesn't work!",
                "<4>[    2.0] something that nobody has seen before");
    }
}
