package dev.backplane.guest.internal.ext4;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.guest.internal.TreeWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Files of every kind and many lengths in folders of many depths. */
final class RandomTree {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-+~'$;";

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** What is at a path: bytes of a file, the target of a link, or neither for a folder. */
    private record Entry(int permissions, byte[] content, String target) {}

    RandomTree(Random random, int files, int bytes) {
        List<String> folders = new ArrayList<>(List.of(""));
        int left = bytes;
        while (entries.size() < files) {
            String folder = folders.get(random.nextInt(folders.size()));
            String path = (folder.isEmpty() ? "" : folder + "/") + name(random);
            if (entries.containsKey(path) || path.length() > 2000) {
                continue;
            }
            switch (random.nextInt(8)) {
                case 0 -> {
                    entries.put(path, new Entry(0700 | random.nextInt(0100), null, null));
                    folders.add(path);
                }
                case 1 -> entries.put(path, new Entry(0777, null, text(random, 1 + random.nextInt(300))));
                default -> {
                    int length = length(random, left);
                    left -= length;
                    byte[] content = new byte[length];
                    random.nextBytes(content);
                    entries.put(path, new Entry(0400 | random.nextInt(0400), content, null));
                }
            }
        }
    }

    private static int length(Random random, int left) {
        int length = switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> 4096 * random.nextInt(4);
            case 2 -> 4096 * random.nextInt(4) + random.nextInt(3) - 1;
            case 3 -> random.nextInt(3 << 20);
            default -> random.nextInt(20_000);
        };
        return Math.clamp(length, 0, left);
    }

    private static String name(Random random) {
        String name = text(random, random.nextInt(20) == 0 ? 255 : 1 + random.nextInt(24));
        return name.matches("\\.\\.?|lost\\+found") ? "x" : name;
    }

    private static String text(Random random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }

    void write(TreeWriter writer) throws IOException {
        for (Map.Entry<String, Entry> each : entries.entrySet()) {
            Entry entry = each.getValue();
            if (entry.target != null) {
                writer.symbolicLink(each.getKey(), entry.target);
            } else if (entry.content != null) {
                writer.file(each.getKey(), entry.permissions, entry.content);
            } else {
                writer.directory(each.getKey(), entry.permissions);
            }
        }
    }

    /** Fails unless a folder holds this tree, and nothing else but lost+found. */
    void assertIn(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            TreeSet<String> found = new TreeSet<>(
                    files.map(file -> root.relativize(file).toString()).toList());
            found.removeAll(List.of("", "lost+found"));
            assertEquals(new TreeSet<>(entries.keySet()), found);
        }
        for (Map.Entry<String, Entry> each : entries.entrySet()) {
            Path file = root.resolve(each.getKey());
            Entry entry = each.getValue();
            if (entry.target != null) {
                assertEquals(entry.target, Files.readSymbolicLink(file).toString());
                continue;
            }
            if (entry.content != null) {
                assertArrayEquals(entry.content, Files.readAllBytes(file), each.getKey());
            } else {
                assertTrue(Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS), each.getKey());
            }
            int permissions = 0;
            for (var permission : Files.getPosixFilePermissions(file)) {
                permissions |= 0400 >> permission.ordinal();
            }
            assertEquals(Integer.toOctalString(entry.permissions), Integer.toOctalString(permissions), each.getKey());
        }
    }
}
