-- How the bytes of an upload were read: the same bytes read otherwise are other samples. Null of those from before this.
ALTER TABLE data.parts ADD COLUMN options text COLLATE "C";
