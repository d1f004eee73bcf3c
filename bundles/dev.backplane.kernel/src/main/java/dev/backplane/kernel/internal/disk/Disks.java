package dev.backplane.kernel.internal.disk;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.CheckableFormat;
import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.api.storage.image.RecognizableFormat;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.Mark;
import dev.backplane.kernel.internal.file.Node;
import dev.backplane.kernel.internal.file.PartReader;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.YamlTree;
import dev.backplane.kernel.internal.files.ImageFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Disks outside of machines. Plain Java. Any thread. */
public final class Disks implements DiskManager {
    private static final String NAME = "disk";

    private final Types types;
    private final ImageFiles files;
    private final List<Path> folders;

    /**
     * Disks of this process.
     *
     * @param catalogue the types that can be had
     * @param settled waits until the types of what is installed have come
     * @param files opens files
     * @param folders below which images may refer to files, whoever asks
     */
    public Disks(Catalogue catalogue, Runnable settled, ImageFiles files, List<Path> folders) {
        types = new Types(catalogue, settled);
        this.files = files;
        this.folders = List.copyOf(folders);
    }

    @Override
    public OpenDisk open(DiskRequest request) throws ConfigurationException, StorageException {
        DiskRequest declared = declared(request);
        return opening(declared).open(spec(declared), declared.writable());
    }

    private Opening opening(DiskRequest request) {
        List<Path> allowed = new ArrayList<>(folders);
        allowed.addAll(request.folders());
        if (!isSpec(request.location())) {
            Path parent = Path.of(request.location()).toAbsolutePath().getParent();
            if (parent != null) {
                allowed.add(parent);
            }
        }
        return new Opening(types, files, request, FolderRule.of(allowed));
    }

    private DiskRequest declared(DiskRequest request) throws ConfigurationException, StorageException {
        if (request.format().isPresent() || isSpec(request.location())) {
            return request;
        }
        if (request.writable()) {
            throw new ConfigurationException(
                    "%s: the format of a disk that is written has to be declared: a guest could have made it look like another"
                            .formatted(request.location()));
        }
        return request.as(recognize(request.location())
                .orElseThrow(() -> new ConfigurationException(
                        "%s: no format knows it for its own, or several do: declare its format"
                                .formatted(request.location()))));
    }

    private static boolean isSpec(String location) {
        return location.startsWith("{");
    }

    /** The layer that a location and a format stand for. */
    private static PartSpec spec(DiskRequest request) throws ConfigurationException {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        if (isSpec(request.location())) {
            Node.Entry whole = new Node.Entry(Mark.NOWHERE, YamlTree.read("", request.location()));
            if (request.format().isEmpty()) {
                Node layer = whole.value() instanceof Node.Mapping map
                        ? Opening.with(map, Opening.entries(request.options()))
                        : whole.value();
                return PartReader.storage(NAME, layer, NAME);
            }
            entries.put("type", Opening.entry(request.format().get()));
            entries.put("on", whole);
        } else {
            entries.put("format", Opening.entry(request.format().orElseThrow()));
            entries.put("file", Opening.entry(request.location()));
        }
        Opening.entries(request.options()).forEach(entries::put);
        return PartReader.storage(NAME, new Node.Mapping(Mark.NOWHERE, entries), NAME);
    }

    /** The layer of the protocol alone. */
    static PartSpec protocol(String location) throws ConfigurationException {
        if (isSpec(location)) {
            return PartReader.storage(NAME, YamlTree.read("", location), NAME);
        }
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        entries.put("type", Opening.entry("file"));
        entries.put("path", Opening.entry(location));
        return PartReader.storage(NAME, new Node.Mapping(Mark.NOWHERE, entries), NAME);
    }

    @Override
    public void create(NewDisk disk) throws ConfigurationException, StorageException {
        new Creation(this, types, files).create(disk);
    }

    @Override
    @SuppressWarnings("unchecked")
    public Optional<CheckReport> check(DiskRequest request, CheckMode mode)
            throws ConfigurationException, StorageException {
        DiskRequest declared = declared(request.withoutBacking());
        PartSpec spec = spec(declared);
        if (!(types.resolve(spec).factory(StorageOpener.class) instanceof CheckableFormat<?> checkable)) {
            return Optional.empty();
        }
        Opening.Prepared prepared = opening(declared).prepare(spec, declared.writable(), 0);
        try {
            return Optional.of(
                    ((CheckableFormat<Record>) checkable).check(prepared.options(), prepared.context(), mode));
        } finally {
            prepared.close();
        }
    }

    @Override
    public Optional<String> recognize(String location) throws ConfigurationException, StorageException {
        DiskRequest request = DiskRequest.of(location).withoutLock();
        Path last = isSpec(location) ? null : Path.of(location).getFileName();
        List<String> known = new ArrayList<>();
        try (OpenDisk image = opening(request).open(protocol(location), false)) {
            for (Offer offer : types.formats()) {
                if (recognizes(offer, image, last)) {
                    known.add(offer.type());
                }
            }
        }
        return known.size() == 1 ? Optional.of(known.getFirst()) : Optional.empty();
    }

    private static boolean recognizes(Offer offer, OpenDisk image, @Nullable Path name) throws StorageException {
        return offer.factory(StorageOpener.class) instanceof RecognizableFormat format
                && format.recognizes(image.storage(), name == null ? "" : name.toString());
    }
}
