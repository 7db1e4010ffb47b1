using System.Runtime.InteropServices;

namespace DrPowerShell.Etcd.Mvcc;

/// <summary>
/// The newest row of each user key, as etcd's tree index would hold it after reading the <c>key</c> bucket, in bounded memory: when there
/// are more keys than fit, it keeps one part of them, by hash, and names the parts that are left for further passes.
/// </summary>
internal sealed unsafe class KeyIndex : IDisposable
{
    /// <summary>The slots that a full index has unless told otherwise: about 60 MB, for 786,000 keys at a time.</summary>
    public const int DefaultMaxSlots = 1 << 20;

    private const int MinSlots = 1 << 10;

    private readonly int _maxSlots;
    private readonly Stack<Part> _open = new();
    private Entry* _slots;
    private int _slotCount;
    private int _used;
    private Part _part;

    /// <param name="expectedKeys">A guess at the number of keys; too few is made up for by growing.</param>
    /// <param name="maxSlots">The bound, a power of two from 1,024.</param>
    public KeyIndex(long expectedKeys, int maxSlots = DefaultMaxSlots)
    {
        _maxSlots = maxSlots;
        _slotCount = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(expectedKeys * 3 / 2, MinSlots, maxSlots));
        _slots = Allocate(_slotCount);
    }

    /// <summary>How many distinct keys the part under way has.</summary>
    public int Count => _used;

    /// <summary>Whether a key belongs to the part under way.</summary>
    public bool IsInPart(in KeyHash hash) => _part.Contains(hash);

    /// <summary>The rows before this one were seen, for the part under way, in a pass before.</summary>
    public uint SeenRows => _part.SeenRows;

    /// <summary>Finds the key's entry, or makes an empty one; null where the key falls to another part because there was no room.</summary>
    /// <param name="row">The number of the row that names the key.</param>
    public Entry* FindOrAdd(in KeyHash hash, uint row)
    {
        while (true)
        {
            var entry = Probe(hash);
            if (entry->Exists)
            {
                return entry;
            }

            if (_used < _slotCount / 4 * 3)
            {
                _used++;
                *entry = new Entry { Low = hash.Low, High = hash.High, Exists = true };
                return entry;
            }

            if (_slotCount < _maxSlots)
            {
                Grow();
                continue;
            }

            // Halve the part: keys of the other half are left to a pass of their own.
            var (kept, left) = _part.Split(row);
            _open.Push(left);
            _part = kept;
            RemoveOthers();
            if (!_part.Contains(hash))
            {
                return null;
            }
        }
    }

    /// <summary>Empties the index and turns to the next part; false when all parts are done.</summary>
    public bool NextPart()
    {
        if (!_open.TryPop(out _part))
        {
            return false;
        }

        NativeMemory.Clear(_slots, (nuint)_slotCount * (nuint)sizeof(Entry));
        _used = 0;
        return true;
    }

    /// <summary>Calls back for each key of the part under way.</summary>
    public void ForEach(EntryAction action)
    {
        for (var i = 0; i < _slotCount; i++)
        {
            if (_slots[i].Exists)
            {
                action(in _slots[i]);
            }
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_slots);
        _slots = null;
        _slotCount = 0;
    }

    private static Entry* Allocate(int slots) => (Entry*)NativeMemory.AllocZeroed((nuint)slots, (nuint)sizeof(Entry));

    private Entry* Probe(in KeyHash hash)
    {
        var mask = _slotCount - 1;
        for (var i = (int)hash.Low & mask; ; i = (i + 1) & mask)
        {
            var entry = _slots + i;
            if (!entry->Exists || (entry->Low == hash.Low && entry->High == hash.High))
            {
                return entry;
            }
        }
    }

    private void Grow()
    {
        var old = _slots;
        var oldCount = _slotCount;
        _slots = Allocate(oldCount * 2);
        _slotCount = oldCount * 2;
        for (var i = 0; i < oldCount; i++)
        {
            if (old[i].Exists)
            {
                *Probe(new KeyHash(old[i].Low, old[i].High)) = old[i];
            }
        }

        NativeMemory.Free(old);
    }

    // In place, as a second table would double the memory at the very moment when it is short.
    private void RemoveOthers()
    {
        for (var i = 0; i < _slotCount;)
        {
            if (_slots[i].Exists && !_part.Contains(new KeyHash(_slots[i].Low, _slots[i].High)))
            {
                RemoveAt(i);
                _used--;
            }
            else
            {
                i++;
            }
        }
    }

    // Closes the gap: an entry further along moves back where its own place allows it (Knuth, volume 3, 6.4, algorithm R).
    private void RemoveAt(int gap)
    {
        var mask = _slotCount - 1;
        for (var i = (gap + 1) & mask; _slots[i].Exists; i = (i + 1) & mask)
        {
            var home = (int)_slots[i].Low & mask;
            if (((i - home) & mask) >= ((i - gap) & mask))
            {
                _slots[gap] = _slots[i];
                gap = i;
            }
        }

        _slots[gap] = default;
    }

    internal delegate void EntryAction(in Entry entry);

    /// <summary>A part of all keys: those whose hash ends, at the top, in certain bits.</summary>
    private readonly record struct Part(int Bits, ulong Value, uint SeenRows)
    {
        public bool Contains(in KeyHash hash) => Bits == 0 || hash.High >> (64 - Bits) == Value;

        public (Part Kept, Part Left) Split(uint row) =>
            (new(Bits + 1, Value << 1, SeenRows), new(Bits + 1, (Value << 1) | 1, Math.Max(row, SeenRows)));
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Entry
    {
        public ulong Low;
        public ulong High;
        public long Main;
        public long CreateRevision;
        public long Lease;
        public long Version;
        public uint Row;
        public int Sub;
        public short Prefix;
        public bool IsTombstone;
        public bool Exists;
    }
}
