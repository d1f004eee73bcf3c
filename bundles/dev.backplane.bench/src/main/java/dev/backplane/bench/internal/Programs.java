package dev.backplane.bench.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The guest programs in this bundle, whose sources are in {@code src/main/guest}, and what their kernels give. */
final class Programs {
    private final Map<String, Figures.Item> items = new LinkedHashMap<>();
    private final Map<String, String> checksums = new LinkedHashMap<>();

    Programs() throws IOException {
        String table = new String(bytes("kernels.txt"), StandardCharsets.US_ASCII);
        for (String line : table.lines().toList()) {
            String[] words = line.split(" ");
            Workload workload = Workload.valueOf(words[0].toUpperCase(Locale.ROOT));
            items.put(words[1], new Figures.Item(workload, words[1]));
            checksums.put(words[1], words[2]);
        }
    }

    /** The freestanding program with the kernels of most workloads. */
    byte[] kernels() throws IOException {
        return bytes("kernels.elf");
    }

    /** The first process of the Linux guest. */
    byte[] linux() throws IOException {
        return bytes("linux.elf");
    }

    /** The kernels of a workload, in their order. */
    List<Figures.Item> of(Workload workload) {
        return items.values().stream()
                .filter(item -> item.workload() == workload)
                .toList();
    }

    /** What a kernel gives, wherever it runs. */
    String checksum(Figures.Item item) {
        return checksums.getOrDefault(item.name(), "");
    }

    private static byte[] bytes(String name) throws IOException {
        try (InputStream in = Programs.class.getResourceAsStream("/dev/backplane/bench/" + name)) {
            if (in == null) {
                throw new IOException("the bundle dev.backplane.bench lacks its file " + name);
            }
            return in.readAllBytes();
        }
    }
}
