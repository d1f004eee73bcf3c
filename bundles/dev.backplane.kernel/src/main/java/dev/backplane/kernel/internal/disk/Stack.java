package dev.backplane.kernel.internal.disk;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.ImageReference;
import dev.backplane.api.storage.image.OpenDisk;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A layer that runs, and what it stands on.
 *
 * @param type its type
 * @param qemuName what QEMU calls that
 * @param location where it is
 * @param layer the plugin's
 * @param context ends with it
 * @param stable whether flushes reach the host's disk
 * @param image the layer below
 * @param backing the disk that shows through
 * @param others what else the image consists of
 * @param references as the image has them
 */
record Stack(
        String type,
        String qemuName,
        String location,
        StorageLayer<?> layer,
        LooseContext context,
        boolean stable,
        Optional<Stack> image,
        Optional<Stack> backing,
        List<Stack> others,
        List<ImageReference> references)
        implements OpenDisk {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Override
    public Storage storage() {
        return layer;
    }

    @Override
    public Optional<OpenDisk> imageLayer() {
        return image.map(OpenDisk.class::cast);
    }

    @Override
    public Optional<OpenDisk> backingDisk() {
        return backing.map(OpenDisk.class::cast);
    }

    @Override
    public BackingImage asBacking(String name) {
        return new BackingImage(name, qemuName, layer, image.map(Stack::storage).orElse(layer));
    }

    @Override
    public void close() throws StorageException {
        try {
            rest();
        } finally {
            layer.close();
            context.close();
            for (Stack each : others) {
                each.close();
            }
            if (image.isPresent()) {
                image.get().close();
            }
            if (backing.isPresent()) {
                backing.get().close();
            }
        }
    }

    private void rest() throws StorageException {
        try {
            if (layer.isWritable() && stable) {
                layer.flush();
            }
            layer.quiesce(Deadline.in(PATIENCE));
            layer.save();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException(Kind.IO, location + ": interrupted while it was closed");
        } catch (IllegalStateException e) {
            throw new StorageException(Kind.IO, location + ": " + e.getMessage());
        }
    }
}
