package dev.backplane.cpu.bt.internal.host;

import dev.backplane.x86.decode.Feature;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Whether translated code can run here: the architecture, the processor's features, and memory that may be executed. */
public final class HostProbe {
    private static final long AT_HWCAP2 = 26;
    private static final long FSGSBASE = 1 << 1;
    /** VZEROUPPER, RORX, and LAHF in 64-bit mode, which emitted code uses everywhere. */
    private static final List<String> NEEDED = List.of("avx", "bmi2", "lahf_lm");

    /** Instructions that are copied, and the host's flag for each. */
    private static final Map<Feature, String> FLAGS = Map.ofEntries(
            Map.entry(Feature.AES, "aes"),
            Map.entry(Feature.AVX, "avx"),
            Map.entry(Feature.AVX2, "avx2"),
            Map.entry(Feature.BMI1, "bmi1"),
            Map.entry(Feature.BMI2, "bmi2"),
            Map.entry(Feature.CX16, "cx16"),
            Map.entry(Feature.F16C, "f16c"),
            Map.entry(Feature.FMA, "fma"),
            Map.entry(Feature.LZCNT, "abm"),
            Map.entry(Feature.MOVBE, "movbe"),
            Map.entry(Feature.PCLMULQDQ, "pclmulqdq"),
            Map.entry(Feature.POPCNT, "popcnt"),
            Map.entry(Feature.SHA, "sha_ni"),
            Map.entry(Feature.SSE3, "pni"),
            Map.entry(Feature.SSE4_1, "sse4_1"),
            Map.entry(Feature.SSE4_2, "sse4_2"),
            Map.entry(Feature.SSSE3, "ssse3"));

    private HostProbe() {}

    /** Why not, or an empty text. */
    public static String obstacle() {
        if (!System.getProperty("os.arch").equals("amd64")
                || !System.getProperty("os.name").equals("Linux")) {
            return "translated code is for x86-64 Linux: this is " + System.getProperty("os.name") + " on "
                    + System.getProperty("os.arch");
        }
        var missing = new ArrayList<>(NEEDED);
        missing.removeAll(processorFeatures());
        if (!missing.isEmpty()) {
            return "the host's processor lacks " + String.join(", ", missing);
        }
        try {
            if ((new HostCalls().auxiliary(AT_HWCAP2) & FSGSBASE) == 0) {
                return "the host's kernel does not let programs write the GS base (FSGSBASE, Linux 5.9)";
            }
            return executes() ? "" : "code in a memory file does not run";
        } catch (HostException e) {
            return "memory that may be executed: " + e.getMessage();
        }
    }

    /** What of the guest's optional instructions the host's processor has. */
    public static Set<Feature> features() {
        Set<String> flags = processorFeatures();
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        FLAGS.forEach((feature, flag) -> {
            if (flags.contains(flag)) {
                features.add(feature);
            }
        });
        return features;
    }

    private static Set<String> processorFeatures() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .map(line ->
                            Set.of(line.substring(line.indexOf(':') + 1).strip().split(" ")))
                    .orElse(Set.of());
        } catch (IOException e) {
            return Set.of();
        }
    }

    @SuppressWarnings("restricted")
    private static boolean executes() {
        try (var memory = new CodeMemory(4096)) {
            // mov eax, 42; ret
            byte[] code = {(byte) 0xB8, 42, 0, 0, 0, (byte) 0xC3};
            MemorySegment.copy(code, 0, memory.segment(), ValueLayout.JAVA_BYTE, 0, code.length);
            var call = Linker.nativeLinker()
                    .downcallHandle(
                            MemorySegment.ofAddress(memory.address(0)), FunctionDescriptor.of(ValueLayout.JAVA_INT));
            return (int) call.invokeExact() == 42;
        } catch (HostException e) {
            throw e;
        } catch (Throwable e) {
            return false;
        }
    }
}
