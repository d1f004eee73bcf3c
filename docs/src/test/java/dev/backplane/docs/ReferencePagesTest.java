package dev.backplane.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Whether the pages in {@code docs/reference} say what the plugins say; writes them with {@code -Ddocs.write=true}. */
class ReferencePagesTest {
    private static final Path FOLDER = Path.of(System.getProperty("docs.folder"));
    private static final boolean WRITE = Boolean.getBoolean("docs.write");
    private static final String HOW =
            ": run ./mvnw -pl docs -am test -Ddocs.write=true -Dtest=ReferencePagesTest -Dsurefire.failIfNoSpecifiedTests=false";

    /** The pages by their paths, and one that lists them. */
    private static Map<String, String> pages() throws IOException {
        List<Offered> offers = Offers.all();
        Map<String, String> pages = new TreeMap<>();
        StringBuilder list = new StringBuilder("# Reference\n");
        String kind = "";
        for (Offered offered : offers) {
            if (!offered.kind().equals(kind)) {
                kind = offered.kind();
                list.append("\n## ").append(kind).append("\n| type | |\n|---|---|\n");
            }
            String path = kind + "/" + offered.type() + ".md";
            list.append("| [%s](%s) | %s |\n".formatted(offered.type(), path, offered.description()));
            String twice = pages.put(path, Page.of(offered));
            assertEquals(null, twice, path + " is offered twice");
        }
        pages.put("README.md", list.toString());
        return pages;
    }

    private static TreeSet<String> written() throws IOException {
        try (var files = Files.walk(FOLDER)) {
            return new TreeSet<>(files.filter(Files::isRegularFile)
                    .map(file -> FOLDER.relativize(file).toString())
                    .toList());
        }
    }

    private static void write(Map<String, String> pages) throws IOException {
        Files.createDirectories(FOLDER);
        for (String stale : written()) {
            Files.delete(FOLDER.resolve(stale));
        }
        for (Map.Entry<String, String> page : pages.entrySet()) {
            Path file = FOLDER.resolve(page.getKey());
            Files.createDirectories(file.getParent());
            Files.writeString(file, page.getValue());
        }
    }

    @Test
    void everyPageIsAsThePluginsSay() throws IOException {
        Map<String, String> pages = pages();
        assertTrue(pages.size() > 10, () -> "only " + pages.keySet() + ": are the plugins on the class path?");
        if (WRITE) {
            write(pages);
        }
        assertEquals(new TreeSet<>(pages.keySet()), written(), () -> "pages are missing, or of nothing" + HOW);
        for (Map.Entry<String, String> page : pages.entrySet()) {
            assertEquals(
                    page.getValue(),
                    Files.readString(FOLDER.resolve(page.getKey())),
                    () -> "docs/reference/" + page.getKey() + " is stale" + HOW);
        }
    }
}
