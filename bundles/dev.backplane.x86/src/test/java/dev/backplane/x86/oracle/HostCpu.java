package dev.backplane.x86.oracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What the host's processor is and can do, from Linux. */
final class HostCpu {
    private static final Path INFO = Path.of("/proc/cpuinfo");
    private static final Map<String, String> LINUX_NAMES = Map.of("SHA", "sha_ni", "SSE3", "pni", "LZCNT", "abm");
    /** Whose instructions do the same in user mode whether the processor has them or not. */
    private static final Set<String> PRIVILEGED = Set.of("MONITOR", "SMAP", "INVPCID");

    private static final Set<String> FLAGS = Set.of(line("flags").split(" "));

    private HostCpu() {}

    /** Whether the processor has all of these, by the names of /proc/cpuinfo ("sse4_2", "sha_ni"). */
    static boolean has(String... flags) {
        return FLAGS.containsAll(List.of(flags));
    }

    /** Whether it can run a form. */
    static boolean runs(Form form) {
        String feature = form.feature();
        return feature.isEmpty()
                || PRIVILEGED.contains(feature)
                || has(LINUX_NAMES.getOrDefault(feature, feature.toLowerCase(Locale.ROOT)));
    }

    /** Whether it is one of Intel's: what the manual leaves open differs from maker to maker. */
    static boolean isIntel() {
        return line("vendor_id").equals("GenuineIntel");
    }

    /** Maker, family and model. */
    static String name() {
        return "%s family %s model %s".formatted(line("vendor_id"), line("cpu family"), line("model"));
    }

    private static String line(String key) {
        if (!Files.exists(INFO)) {
            return "";
        }
        try (var lines = Files.lines(INFO)) {
            return lines.filter(line -> line.matches(key + "\\s*:.*"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException("/proc/cpuinfo cannot be read", e);
        }
    }
}
