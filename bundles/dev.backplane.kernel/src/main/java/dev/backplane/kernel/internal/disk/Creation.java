package dev.backplane.kernel.internal.disk;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.CreatableFormat;
import dev.backplane.api.storage.image.CreatableProtocol;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.Mark;
import dev.backplane.kernel.internal.file.Node;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Scope;
import dev.backplane.kernel.internal.files.ImageFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes one image. One thread. */
final class Creation {
    private static final int SECTOR_BYTES = 512;

    private final Disks disks;
    private final Types types;
    private final ImageFiles files;
    private final List<Stack> made = new ArrayList<>();

    Creation(Disks disks, Types types, ImageFiles files) {
        this.disks = disks;
        this.types = types;
        this.files = files;
    }

    /** What a format sees of the place that it fills. */
    private record Target(
            Creation creation,
            String location,
            ResizableStorage image,
            long capacityBytes,
            Optional<BackingImage> backing)
            implements ImageTarget {
        private Path path() {
            return Path.of(location).toAbsolutePath();
        }

        @Override
        public String name() {
            return location.startsWith("{") ? "" : String.valueOf(path().getFileName());
        }

        @Override
        public ResizableStorage sibling(String name) throws ConfigurationException, StorageException {
            Path file = location.startsWith("{") ? Path.of("") : path().resolveSibling(name);
            if (!name.equals(String.valueOf(file.getFileName())) || name.equals("..")) {
                throw new ConfigurationException("\"%s\" is not the name of a file beside the image".formatted(name));
            }
            if (Files.exists(file)) {
                throw new ConfigurationException("%s is there already: remove it first".formatted(file));
            }
            return new Direct(creation.make(file.toString()).storage(), true);
        }
    }

    @SuppressWarnings("unchecked")
    void create(NewDisk disk) throws ConfigurationException, StorageException {
        Offer format = types.format(disk.format());
        if (!(format.factory(StorageOpener.class) instanceof CreatableFormat<?> creatable)) {
            throw new ConfigurationException(
                    "%s makes no new images of format %s".formatted(format.plugin(), format.type()));
        }
        Record options = format.binder().bind(format.options(CreatableFormat.class), map(disk.options()), "", scope());
        try (Held backing = new Held(open(disk))) {
            Optional<BackingImage> below = backing.disk()
                    .map(open -> open.asBacking(disk.backing().orElseThrow().name()));
            long capacity = capacity(disk, below);
            ResizableStorage image = new Direct(make(disk.location()).storage(), true);
            ((CreatableFormat<Record>) creatable)
                    .create(options, new Target(this, disk.location(), image, capacity, below));
        } finally {
            for (Stack each : made) {
                each.close();
            }
        }
    }

    private record Held(Optional<OpenDisk> disk) implements AutoCloseable {
        @Override
        public void close() throws StorageException {
            if (disk.isPresent()) {
                disk.get().close();
            }
        }
    }

    /**
     * The person who makes the overlay says what it stands on: no rule but the host's permissions. What that stands on is nobody's concern here,
     * and may lie where images are not followed to.
     */
    private Optional<OpenDisk> open(NewDisk disk) throws ConfigurationException, StorageException {
        if (disk.backing().isEmpty()) {
            return Optional.empty();
        }
        NewDisk.Backing backing = disk.backing().get();
        String location = disk.location().startsWith("{") || backing.name().startsWith("{")
                ? backing.name()
                : Path.of(disk.location())
                        .toAbsolutePath()
                        .resolveSibling(backing.name())
                        .toString();
        return Optional.of(disks.open(DiskRequest.of(location)
                .as(backing.format())
                .with(backing.options())
                .withoutBacking()));
    }

    private static long capacity(NewDisk disk, Optional<BackingImage> backing) throws ConfigurationException {
        long asked = disk.capacityBytes()
                .orElse(backing.map(each -> each.disk().capacityBytes()).orElse(-1L));
        if (asked < 0 || asked > Long.MAX_VALUE - SECTOR_BYTES) {
            throw new ConfigurationException("the size of the new disk is missing, or no size");
        }
        return (asked + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    }

    private static Node.Mapping map(Map<String, String> options) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        options.forEach((key, value) -> entries.put(key, Opening.entry(value)));
        return new Node.Mapping(Mark.NOWHERE, entries);
    }

    private static Scope scope() {
        return new Scope(Path.of("").toAbsolutePath(), "new");
    }

    /** An empty place for bytes. */
    @SuppressWarnings("unchecked")
    private Stack make(String location) throws ConfigurationException, StorageException {
        PartSpec spec = Disks.protocol(location);
        Offer protocol = types.resolve(spec);
        if (!(protocol.factory(StorageOpener.class) instanceof CreatableProtocol<?> creatable)) {
            throw new ConfigurationException(
                    "%s makes no new places of type %s: make it first, and leave the image to us"
                            .formatted(protocol.plugin(), protocol.type()));
        }
        Record options = protocol.binder().bind(protocol.options(), spec.options(), "", scope());
        try (LooseContext context = new LooseContext(spec.id(), files, true, false, Map.of())) {
            ((CreatableProtocol<Record>) creatable).create(options, context);
        }
        Opening opening = new Opening(types, files, DiskRequest.of(location).forWriting(), FolderRule.of(List.of()));
        Stack stack = opening.open(spec, true);
        made.add(stack);
        return stack;
    }
}
