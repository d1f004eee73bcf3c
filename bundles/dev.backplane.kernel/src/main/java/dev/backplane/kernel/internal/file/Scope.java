package dev.backplane.kernel.internal.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the values of one part are bound against. Collects the bays that they refer to. */
public final class Scope {
    private static final String BACKING = "backing";

    private final Path folder;
    private final String id;
    private final List<PartSpec> nested;

    /**
     * A scope.
     *
     * @param folder what relative paths start from
     * @param id the identifier of the part, from which nested bays get theirs
     */
    public Scope(Path folder, String id) {
        this(folder, id, new ArrayList<>());
    }

    private Scope(Path folder, String id, List<PartSpec> nested) {
        this.folder = folder;
        this.id = id;
        this.nested = nested;
    }

    /** That of a map within the part's own: what it refers to gets an identifier of its own. */
    Scope within(String name) {
        return new Scope(folder, id + "." + name, nested);
    }

    Path folder() {
        return folder;
    }

    String id() {
        return id;
    }

    /** Whether the part belongs to a disk that another one stands on: nobody writes to it, and others may stand on it too. */
    boolean isBacking() {
        return List.of(id.split("\\.")).lastIndexOf(BACKING) > 0;
    }

    void add(PartSpec spec) {
        nested.add(spec);
    }

    /**
     * The bays that the values refer to.
     *
     * @return in the order of the file
     */
    public List<PartSpec> nested() {
        return List.copyOf(nested);
    }
}
