package dev.backplane.guest.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.ImageReference;
import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.api.storage.image.OpenDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Makes sparse files, whatever the format, so that what is in them can be looked at. */
final class FakeDisks implements DiskManager {
    private long capacityBytes;

    @Override
    public void create(NewDisk disk) {
        capacityBytes = disk.capacityBytes().orElseThrow();
    }

    @Override
    public OpenDisk open(DiskRequest request) throws StorageException {
        try {
            return new RawDisk(request.location(), new RawFile(Path.of(request.location()), capacityBytes));
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, e.toString(), e);
        }
    }

    @Override
    public Optional<CheckReport> check(DiskRequest request, CheckMode mode) {
        return Optional.empty();
    }

    @Override
    public Optional<String> recognize(String location) {
        return Optional.empty();
    }

    private record RawDisk(String location, RawFile file) implements OpenDisk {
        @Override
        public String type() {
            return "raw";
        }

        @Override
        public Storage storage() {
            return file;
        }

        @Override
        public Optional<OpenDisk> imageLayer() {
            return Optional.empty();
        }

        @Override
        public Optional<OpenDisk> backingDisk() {
            return Optional.empty();
        }

        @Override
        public List<ImageReference> references() {
            return List.of();
        }

        @Override
        public BackingImage asBacking(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() throws StorageException {
            try {
                file.close();
            } catch (IOException e) {
                throw new StorageException(StorageException.Kind.IO, e.toString(), e);
            }
        }
    }
}
