package dev.backplane.api.storage.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which disk to open, and how.
 *
 * <pre>{@code
 * DiskRequest.of("disk.qcow2").as("qcow2").forWriting()
 * }</pre>
 *
 * @param location a file's path, or in braces the YAML of a layer as a VM file has it, for instance {@code {type: raw, offset: 1MiB, on: {type:
 *     file, path: whole.img}}}
 * @param format its type; left out where the location says it, and where it is to be recognised, which only a disk that is read may be
 * @param options further options of the format, as text; {@code backing.passphrase} is one of the backing disk that the image names
 * @param writable whether it is to be written
 * @param shared whether others may write it meanwhile: it is not locked, and what is read may be torn
 * @param stable whether a flush reaches the host's disk; where not, a power cut loses the image, and the process's end does not
 * @param alone whether its backing disk stays closed: reading what only that has fails
 * @param folders files that an image names are followed below these, and below the folder of the image that was asked for
 * @param onlyDescribed whether nothing of the disk itself is read or written, so that no passphrase is needed
 */
public record DiskRequest(
        String location,
        Optional<String> format,
        Map<String, String> options,
        boolean writable,
        boolean shared,
        boolean stable,
        boolean alone,
        List<Path> folders,
        boolean onlyDescribed) {
    /** Keeps copies. */
    public DiskRequest {
        options = Map.copyOf(options);
        folders = List.copyOf(folders);
    }

    /** A disk that is used, not only described. */
    public DiskRequest(
            String location,
            Optional<String> format,
            Map<String, String> options,
            boolean writable,
            boolean shared,
            boolean stable,
            boolean alone,
            List<Path> folders) {
        this(location, format, options, writable, shared, stable, alone, folders, false);
    }

    /**
     * A disk that is read, whose format is recognised.
     *
     * @param location where it is
     * @return the request
     */
    public static DiskRequest of(String location) {
        return new DiskRequest(location, Optional.empty(), Map.of(), false, false, true, false, List.of(), false);
    }

    /**
     * The same in a declared format.
     *
     * @param type the format's type
     * @return a new request
     */
    public DiskRequest as(String type) {
        return new DiskRequest(
                location, Optional.of(type), options, writable, shared, stable, alone, folders, onlyDescribed);
    }

    /**
     * The same with options of the format.
     *
     * @param given as text, by name
     * @return a new request
     */
    public DiskRequest with(Map<String, String> given) {
        return new DiskRequest(location, format, given, writable, shared, stable, alone, folders, onlyDescribed);
    }

    /**
     * The same for writing.
     *
     * @return a new request
     */
    public DiskRequest forWriting() {
        return new DiskRequest(location, format, options, true, shared, stable, alone, folders, onlyDescribed);
    }

    /**
     * The same without a lock.
     *
     * @return a new request
     */
    public DiskRequest withoutLock() {
        return new DiskRequest(location, format, options, writable, true, stable, alone, folders, onlyDescribed);
    }

    /**
     * The same where nothing needs to be stable, for images that can be made again.
     *
     * @return a new request
     */
    public DiskRequest withoutFlushing() {
        return new DiskRequest(location, format, options, writable, shared, false, alone, folders, onlyDescribed);
    }

    /**
     * The same without backing disks.
     *
     * @return a new request
     */
    public DiskRequest withoutBacking() {
        return new DiskRequest(location, format, options, writable, shared, stable, true, folders, onlyDescribed);
    }

    /**
     * The same where files may be followed below further folders.
     *
     * @param below which
     * @return a new request
     */
    public DiskRequest following(List<Path> below) {
        return new DiskRequest(location, format, options, writable, shared, stable, alone, below, onlyDescribed);
    }

    /**
     * The same, only to be described.
     *
     * @return a new request
     */
    public DiskRequest toBeDescribed() {
        return new DiskRequest(location, format, options, writable, shared, stable, alone, folders, true);
    }
}
