package dev.backplane.api.vm;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What clones are to be.
 *
 * @param count how many, from 1
 * @param names their names: {@code %d} in it stands for the clone's number, from 1
 * @param overrides values that replace those of the VM file, by dotted key, for instance {@code devices.com1.console.path}; {@code %d} in
 *     a value stands for the clone's number. What the guest sees of the machine has to stay
 * @param overlays where disks go that the machine writes to; without it a machine that has such is refused
 */
public record CloneOptions(int count, String names, Map<String, String> overrides, Optional<Overlays> overlays) {
    private static final String NUMBER = "%d";

    /** Checks the numbers, and copies the map. */
    public CloneOptions {
        overrides = Map.copyOf(overrides);
        if (count < 1) {
            throw new IllegalArgumentException(count + " clones: expected one or more");
        }
        if (count > 1 && !names.contains(NUMBER)) {
            throw new IllegalArgumentException(
                    "names \"%s\" of %d clones: expected %%d where the clone's number is to be"
                            .formatted(names, count));
        }
    }

    /** Clones of a machine that writes to no disk. */
    public CloneOptions(int count, String names, Map<String, String> overrides) {
        this(count, names, overrides, Optional.empty());
    }

    /**
     * What clones write to. A disk's file is copied once, while the machine stands, and is written no more; each clone has an overlay over it.
     *
     * @param folder gets the copies and the overlays; made where there is none
     * @param format the overlays' format, for instance {@code qcow2}
     */
    public record Overlays(Path folder, String format) {}

    /**
     * Clones that are called like the machine, with a hyphen and a number behind it.
     *
     * @param machine the machine's name
     * @param count how many, from 1
     * @return without overrides
     */
    public static CloneOptions of(String machine, int count) {
        return new CloneOptions(count, machine + "-" + NUMBER, Map.of());
    }

    /**
     * A clone's name.
     *
     * @param number the clone's, from 1
     * @return with the number in it
     */
    public String name(int number) {
        return numbered(names, number);
    }

    /**
     * Puts the clone's number into a text.
     *
     * @param text with or without {@code %d}
     * @param number the clone's, from 1
     * @return the text with the number in it
     */
    public static String numbered(String text, int number) {
        return text.replace(NUMBER, Integer.toString(number));
    }
}
