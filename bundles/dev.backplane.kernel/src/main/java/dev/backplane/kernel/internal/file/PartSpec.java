package dev.backplane.kernel.internal.file;

import java.util.Optional;
import org.osgi.framework.VersionRange;

/**
 * What the VM file says of one part.
 *
 * @param id the bay's identifier
 * @param kind the kind's name, for instance {@code device}
 * @param type the type asked for
 * @param typeAt where the type stands
 * @param version which versions of the plugin may sit there
 * @param path what messages call it, for instance {@code com1}
 * @param options its own options
 */
public record PartSpec(
        String id,
        String kind,
        String type,
        Mark typeAt,
        Optional<VersionRange> version,
        String path,
        Node.Mapping options) {
    /** The same for another type. */
    public PartSpec ofType(String other) {
        return new PartSpec(id, kind, other, typeAt, version, path, options);
    }

    /** The same with other options. */
    public PartSpec with(Node.Mapping others) {
        return new PartSpec(id, kind, type, typeAt, version, path, others);
    }

    /** The same as a part of another kind. */
    public PartSpec ofKind(String other) {
        return new PartSpec(id, other, type, typeAt, version, path, options);
    }
}
