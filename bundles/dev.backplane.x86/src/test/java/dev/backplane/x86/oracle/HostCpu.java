package dev.backplane.x86.oracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** What the host's processor is and can do, from Linux: an instruction that it lacks would kill the oracle's process. */
public final class HostCpu {
    private HostCpu() {}

    /** Whether the processor has all of these, by the names of /proc/cpuinfo ("sse4_2", "sha_ni"). */
    public static boolean has(String... flags) {
        return Set.of(line("flags").split(" ")).containsAll(List.of(flags));
    }

    /** Whether it is one of Intel's: what the manual leaves open differs from maker to maker. */
    public static boolean isIntel() {
        return line("vendor_id").equals("GenuineIntel");
    }

    private static String line(String key) {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException("/proc/cpuinfo cannot be read", e);
        }
    }
}
