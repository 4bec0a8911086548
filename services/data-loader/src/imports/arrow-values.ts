import { type Data, DataType, DateUnit, makeVector, TimeUnit, Type } from "apache-arrow";
import { invalidArgument } from "@sluice/http";
import { instantOf } from "@sluice/values";
import type { RowBudget } from "./row-budget.ts";
import { dayValue, floatValue } from "./typed-values.ts";

/** The value of a row: what JSON has, bigint, `JSON.rawJSON`, or null. */
export type ValueAt = (index: number) => unknown;

const DAY_MS = 86_400_000;

/**
 * How the values of a column are read.
 * @throws SluiceError VALIDATION_FAILED for a type that JSON does not have
 */
export function arrowValues(data: Data, column: string, budget: RowBudget): ValueAt {
  const valueAt = presentValues(data, column, budget);
  return data.nullCount === 0 && !DataType.isNull(data.type)
    ? valueAt
    : (index) => (data.getValid(index) ? valueAt(index) : null);
}

function presentValues(data: Data, column: string, budget: RowBudget): ValueAt {
  const { type } = data;
  if (!isThere(data)) throw invalidArgument("/body", `has less of column "${column}" than it says`);
  if (DataType.isFloat(type)) return convert(data, (value) => floatValue(value as number));
  if (DataType.isTimestamp(type)) return timestamps(data, type.unit);
  if (DataType.isDate(type)) return convert(data, dateOf(type.unit));
  if (DataType.isStruct(type)) return structs(data, column, budget);
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) return lists(data, column, budget);
  if (DataType.isDictionary(type)) return dictionary(data, column, budget);
  if (isText(type)) return texts(data, column, budget);
  if (isPlain(type)) return convert(data, (value) => value);
  throw notTaken(column, type);
}

/**
 * Whether the buffers hold as many values as they claim, and each element of a list or text belongs to one alone: offsets
 * that overlap would make terabytes of a few bytes.
 */
function isThere(data: Data): boolean {
  const { type, length, values, valueOffsets: offsets, children, stride } = data;
  if (DataType.isNull(type) || DataType.isUtf8View(type)) return true;
  if (DataType.isStruct(type))
    return children.length > 0 && children.every((child) => child.length >= length);
  if (DataType.isFixedSizeList(type)) return children[0]!.length >= length * stride;
  if (DataType.isBool(type)) return (values as Uint8Array).length * 8 >= length;
  if (offsets === undefined) return (values as ArrayLike<unknown>).length >= length;
  const available = DataType.isList(type) ? children[0]!.length : (values as Uint8Array).length;
  for (let index = 0; index < length; index += 1) {
    if (!(offsets[index]! <= offsets[index + 1]!)) return false;
  }
  return length === 0 || Number(offsets[length]) <= available;
}

/** Integers and booleans are what they are. */
function isPlain(type: DataType): boolean {
  return DataType.isInt(type) || DataType.isBool(type) || DataType.isNull(type);
}

function isText(type: DataType): boolean {
  return DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
}

const VIEW_BYTES = 16;

function texts(data: Data, column: string, budget: RowBudget): ValueAt {
  const vector = makeVector(data);
  const { valueOffsets: offsets, type } = data;
  const { buffer, byteOffset, byteLength } = data.values as Uint8Array;
  const views = new DataView(buffer, byteOffset, byteLength);
  // A view begins with the text's length.
  const lengthAt = DataType.isUtf8View(type)
    ? (index: number) => views.getInt32(index * VIEW_BYTES, true)
    : (index: number) => Number(offsets[index + 1]) - Number(offsets[index]);
  return (index) => {
    budget.spend(Math.max(0, lengthAt(index)), column);
    return vector.get(index) as unknown;
  };
}

function convert(data: Data, one: (value: unknown) => unknown): ValueAt {
  const vector = makeVector(data);
  return (index) => one(vector.get(index));
}

/** Taken from the buffer: the library gives milliseconds as doubles. */
function timestamps({ values }: Data, unit: TimeUnit): ValueAt {
  const ticks = values as BigInt64Array;
  if (unit === TimeUnit.NANOSECOND) return (index) => instantOf(ticks[index]! / 1_000n);
  const micros = { [TimeUnit.SECOND]: 1_000_000n, [TimeUnit.MILLISECOND]: 1_000n };
  const factor = unit === TimeUnit.MICROSECOND ? 1n : micros[unit];
  return (index) => instantOf(ticks[index]! * factor);
}

function dateOf(unit: DateUnit): (value: unknown) => string {
  return unit === DateUnit.DAY
    ? (ms) => dayValue(Number(ms) / DAY_MS)
    : (ms) => instantOf(BigInt(Number(ms)) * 1_000n);
}

function structs(data: Data, column: string, budget: RowBudget): ValueAt {
  const members = data.children.map((child, index) => {
    const { name } = data.type.children[index]!;
    return { name, valueAt: arrowValues(child, `${column}.${name}`, budget) };
  });
  return (index) => {
    budget.spend(members.length, column);
    return Object.fromEntries(members.map(({ name, valueAt }) => [name, valueAt(index)] as const));
  };
}

function lists(data: Data, column: string, budget: RowBudget): ValueAt {
  const [child] = data.children;
  // Its length is but a claim.
  if (DataType.isNull(child!.type)) throw notTaken(column, child!.type);
  const itemAt = arrowValues(child!, `${column}[]`, budget);
  const { valueOffsets: offsets, stride, type } = data;
  const bounds = DataType.isFixedSizeList(type)
    ? (index: number) => [index * stride, (index + 1) * stride] as const
    : (index: number) => [Number(offsets[index]), Number(offsets[index + 1])] as const;
  return (index) => {
    const [start, end] = bounds(index);
    budget.spend(end - start, column);
    return Array.from({ length: end - start }, (_, offset) => itemAt(start + offset));
  };
}

/** The words of a dictionary may come in several pieces. */
function dictionary(
  { dictionary: words, values }: Data,
  column: string,
  budget: RowBudget,
): ValueAt {
  const pieces = words!.data.map((data) => ({ data, wordAt: arrowValues(data, column, budget) }));
  return (index) => {
    let word = Number(values[index]);
    for (const { data, wordAt } of pieces) {
      if (word < data.length) return wordAt(word);
      word -= data.length;
    }
    throw new Error(`column "${column}" has a word that its dictionary has not`);
  };
}

function notTaken(column: string, type: DataType): Error {
  const message = `has column "${column}" of a type that is not taken: ${Type[type.typeId]}`;
  return invalidArgument("/body", message);
}
