package dev.backplane.disk.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.ImageDescription;
import dev.backplane.api.storage.image.ImageReference;
import dev.backplane.api.storage.image.ImageReference.Role;
import dev.backplane.api.storage.image.ImageSnapshot;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.api.storage.image.SnapshotStorage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What can be told of an image, under the names and in the words of {@code qemu-img info}.
 *
 * @param disk the image, without what it stands on
 * @param told what it tells itself
 * @param snapshots in it
 */
record Description(OpenDisk disk, Optional<ImageDescription> told, List<ImageSnapshot> snapshots) {
    static Description of(OpenDisk disk) throws StorageException {
        Storage storage = disk.storage();
        return new Description(
                disk,
                storage instanceof DescribedStorage described ? Optional.of(described.describe()) : Optional.empty(),
                storage instanceof SnapshotStorage with ? with.snapshots() : List.of());
    }

    private Optional<ImageReference> backing() {
        return disk.references().stream()
                .filter(each -> each.role() == Role.BACKING)
                .findFirst();
    }

    private OptionalLong occupied() throws StorageException {
        Optional<OpenDisk> below = disk.imageLayer();
        return below.isPresent() && below.get().storage() instanceof DescribedStorage described
                ? described.describe().occupiedBytes()
                : OptionalLong.empty();
    }

    private boolean flag(java.util.function.Predicate<ImageDescription> flag) {
        return told.filter(flag).isPresent();
    }

    private OptionalLong unit() {
        return told.map(ImageDescription::unitBytes).orElse(OptionalLong.empty());
    }

    private Map<String, Object> details() {
        return told.map(ImageDescription::details).orElse(Map.of());
    }

    Map<String, Object> json() throws StorageException {
        Map<String, Object> out = new LinkedHashMap<>();
        if (!snapshots.isEmpty()) {
            out.put("snapshots", snapshots.stream().map(Description::json).toList());
        }
        out.put("virtual-size", disk.storage().capacityBytes());
        out.put("filename", disk.location());
        unit().ifPresent(bytes -> out.put("cluster-size", bytes));
        out.put("format", disk.type());
        occupied().ifPresent(bytes -> out.put("actual-size", bytes));
        if (flag(ImageDescription::encrypted)) {
            out.put("encrypted", true);
        }
        if (flag(ImageDescription::compressed)) {
            out.put("compressed", true);
        }
        if (!details().isEmpty()) {
            Map<String, Object> specific = new LinkedHashMap<>();
            specific.put("type", disk.type());
            specific.put("data", details());
            out.put("format-specific", specific);
        }
        backing().ifPresent(reference -> {
            out.put("full-backing-filename", full(reference.name()));
            out.put("backing-filename", reference.name());
            reference.format().ifPresent(format -> out.put("backing-filename-format", format));
        });
        out.put("dirty-flag", flag(ImageDescription::unclean));
        return out;
    }

    private static Map<String, Object> json(ImageSnapshot snapshot) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("vm-clock-nsec", snapshot.vmClock().getNano());
        out.put("name", snapshot.name());
        out.put("date-sec", snapshot.created().getEpochSecond());
        out.put("date-nsec", snapshot.created().getNano());
        out.put("vm-clock-sec", snapshot.vmClock().getSeconds());
        out.put("id", snapshot.id());
        out.put("vm-state-size", snapshot.vmStateBytes());
        return out;
    }

    private String full(String name) {
        Path sibling = Path.of(disk.location()).resolveSibling(name);
        return sibling.normalize().toString();
    }

    String human() throws StorageException {
        StringBuilder text = new StringBuilder();
        long capacity = disk.storage().capacityBytes();
        text.append("image: ").append(disk.location()).append('\n');
        text.append("file format: ").append(disk.type()).append('\n');
        text.append("virtual size: %s (%d bytes)\n".formatted(Sizes.text(capacity), capacity));
        OptionalLong occupied = occupied();
        text.append("disk size: ")
                .append(occupied.isPresent() ? Sizes.text(occupied.getAsLong()) : "unavailable")
                .append('\n');
        if (flag(ImageDescription::encrypted)) {
            text.append("encrypted: yes\n");
        }
        unit().ifPresent(bytes -> text.append("cluster_size: ").append(bytes).append('\n'));
        if (flag(ImageDescription::unclean)) {
            text.append("cleanly shut down: no\n");
        }
        backing().ifPresent(reference -> {
            String full = full(reference.name());
            text.append("backing file: ").append(reference.name());
            text.append(full.equals(reference.name()) ? "\n" : " (actual path: " + full + ")\n");
            reference
                    .format()
                    .ifPresent(format ->
                            text.append("backing file format: ").append(format).append('\n'));
        });
        if (!snapshots.isEmpty()) {
            text.append("Snapshot list:\n").append(SnapshotTable.of(snapshots));
        }
        if (!details().isEmpty()) {
            text.append("Format specific information:\n");
            write(text, details(), "    ");
        }
        return text.toString();
    }

    private static void write(StringBuilder text, Map<?, ?> map, String indent) {
        map.forEach((key, value) -> {
            text.append(indent).append(String.valueOf(key).replace('-', ' ')).append(':');
            if (value instanceof Map<?, ?> inner) {
                text.append('\n');
                write(text, inner, indent + "    ");
            } else if (value instanceof List<?> list) {
                text.append('\n');
                for (int i = 0; i < list.size(); i++) {
                    text.append(indent).append("    [").append(i).append("]:");
                    if (list.get(i) instanceof Map<?, ?> inner) {
                        text.append('\n');
                        write(text, inner, indent + "        ");
                    } else {
                        text.append(' ').append(list.get(i)).append('\n');
                    }
                }
            } else {
                text.append(' ').append(value).append('\n');
            }
        });
    }
}
