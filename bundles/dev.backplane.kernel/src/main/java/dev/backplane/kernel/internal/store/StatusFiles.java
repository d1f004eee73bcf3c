package dev.backplane.kernel.internal.store;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Says beside a jar why it is not in use, or still is although it was taken out: {@code NAME.jar.status.txt}. A jar that is in use has no
 * such file.
 */
final class StatusFiles {
    private static final System.Logger LOG = System.getLogger(StatusFiles.class.getName());
    private static final String SUFFIX = ".status.txt";

    private final Path folder;
    private final Map<String, String> texts = new ConcurrentHashMap<>();

    StatusFiles(Path folder) {
        this.folder = folder;
    }

    void put(String jar, String why) {
        say(jar, "is not in use: " + why);
    }

    /** Says something of a jar. */
    void say(String jar, String text) {
        if (text.equals(texts.put(jar, text))) {
            return;
        }
        LOG.log(System.Logger.Level.WARNING, "plugins/{0} {1}", jar, text);
        try {
            Files.writeString(folder.resolve(jar + SUFFIX), "%s %s%n".formatted(jar, text));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "no status file for {0}: {1}", jar, e.toString());
        }
    }

    void clear(String jar) {
        texts.remove(jar);
        try {
            Files.deleteIfExists(folder.resolve(jar + SUFFIX));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "the status file of {0} stays: {1}", jar, e.toString());
        }
    }

    /** Removes what an earlier process said of jars that have been taken out since. */
    void keep(Set<String> jars) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<String> old = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar" + SUFFIX)) {
            files.forEach(file -> old.add(file.getFileName().toString()));
        }
        for (String file : old) {
            String jar = file.substring(0, file.length() - SUFFIX.length());
            if (!jars.contains(jar)) {
                clear(jar);
            }
        }
    }

    /** What is said at this moment, by jar; on any thread. */
    Map<String, String> texts() {
        return new TreeMap<>(texts);
    }
}
